/** `logcollector produce`: sends lines from standard input or a file, or generated logs, to a topic. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Codec, codecs } from '../codecs/codec.ts'
import type { Config } from '../config/index.ts'
import { isPattern } from '../config/topics.ts'
import { messageOf, PipelineError } from '../errors.ts'
import { type RecordFormat, recordFormats } from '../produce/formats.ts'
import type { ProduceProgress, ProduceSummary } from '../produce/produce.ts'
import type { RecordSource } from '../produce/sources.ts'
import { createBrake } from './brake.ts'
import {
  type CliContext,
  type ConfigOptions,
  configFor,
  handled,
  positive,
  splitPair,
  withConfig,
} from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ConfigOptions {
  readonly topic?: string
  readonly createTopic?: number
  readonly file?: string
  readonly generate?: number
  readonly seed: number
  readonly format: RecordFormat
  readonly keyField?: string
  readonly header?: Readonly<Record<string, string>>
  readonly compression: Codec
  readonly rate?: number
  readonly respectPressure?: true
  readonly json?: true
}

/** Without a rate, generated records are spread over the hour before now. */
const HOUR_MS = 3_600_000

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('produce'))
    .description('send lines to a topic, one record a line; idempotent, acknowledged by all replicas in sync')
    .option('-t, --topic <name>', 'topic (default: the first name of kafka.topics)')
    .option('--create-topic <partitions>', 'make the topic when it is missing', positive)
    .addOption(new Option('-f, --file <path>', 'lines of a file').conflicts('generate'))
    .option(
      '-g, --generate <records>',
      'generate so many realistic log records, of the hour before now, or with --rate of the time they are sent',
      positive,
    )
    .option('--seed <number>', 'of the generator: the same seed makes the same records', seedOf, 1)
    .addOption(
      new Option('--format <format>', 'of the generated records').choices(recordFormats).default('json'),
    )
    .addOption(
      new Option('--key-field <name>', 'field of the JSON line that becomes the key').conflicts('generate'),
    )
    .option('--header <name=value>', 'a header for every record; repeatable', addHeader)
    .addOption(
      new Option('--compression <codec>', 'of the Kafka batches').choices([...codecs]).default('none'),
    )
    .option('--rate <records>', 'at most so many records a second', positive)
    .option('--respect-pressure', 'wait while the consumers are further behind than redis.pressure.max_lag')
    .option('--json', 'the summary as JSON')
    .action(handled<Options>(context, options => produceRecords(options, context)))
}

function addHeader(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const [name, value] = splitPair(text)
  return { ...earlier, [name]: value }
}

function seedOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('write a whole number of at most nine digits')
  return Number(text)
}

/** @throws CONFIG_INVALID where kafka.topics has expressions only: none of them says where to send to */
function firstName({ kafka }: Config): string {
  const name = kafka.topics.find(item => !isPattern(item))
  if (name !== undefined) return name
  throw new PipelineError('CONFIG_INVALID', { reason: 'kafka.topics names no topic; say which with --topic' })
}

async function produceRecords(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const source = await sourceOf(options)
  const { produce } = await import('../produce/produce.ts')
  const abort = new AbortController()
  const stop = (): void => abort.abort()
  const brake = options.respectPressure ? await createBrake(config, abort.signal) : null
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    const isWatched = process.stderr.isTTY
    const summary = await produce({
      ...config.kafka,
      topic: options.topic ?? firstName(config),
      source,
      compression: options.compression,
      headers: options.header ?? {},
      ...(options.rate === undefined ? {} : { recordsPerSecond: options.rate }),
      ...(options.createTopic === undefined ? {} : { createPartitions: options.createTopic }),
      ...(brake === null ? {} : { hold: brake.hold }),
      ...(isWatched ? { onProgress: progressOn(context) } : {}),
      signal: abort.signal,
    })
    if (isWatched) context.note('\n')
    context.out(options.json ? `${JSON.stringify(summary)}\n` : summaryOf(summary))
    return exitCodes.ok.code
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    await brake?.stop()
  }
}

/** Generated records carry their host as key, lines the field that is asked for. */
async function sourceOf({ file, format, generate, seed, keyField, rate }: Options): Promise<RecordSource> {
  const { createGeneratedSource, createLineSource } = await import('../produce/sources.ts')
  if (generate === undefined) return createLineSource(await linesOf(file), keyField ?? null)
  if (rate !== undefined) {
    const { createLiveSource } = await import('../produce/live-source.ts')
    return createLiveSource({ format, seed, recordsPerSecond: rate, records: generate })
  }
  return createGeneratedSource({
    seed,
    records: generate,
    startMs: Date.now() - HOUR_MS,
    spanMs: HOUR_MS,
    keys: true,
    format,
  })
}

async function linesOf(file: string | undefined): Promise<NodeJS.ReadStream | import('node:fs').ReadStream> {
  if (file === undefined) {
    if (!process.stdin.isTTY) return process.stdin
    throw new InvalidArgumentError('standard input is a terminal: pipe lines in, or use --file or --generate')
  }
  const { open } = await import('node:fs/promises')
  try {
    return (await open(file)).createReadStream()
  } catch (error) {
    throw new InvalidArgumentError(`--file cannot be read: ${messageOf(error)}`)
  }
}

const progressOn =
  (context: CliContext) =>
  ({ acknowledged, elapsedMs }: ProduceProgress): void =>
    context.note(`\r${acknowledged} records, ${Math.round((acknowledged / elapsedMs) * 1000)}/s `)

const summaryOf = ({ records, bytes, durationMs, recordsPerSecond }: ProduceSummary): string =>
  `${records} records, ${bytes} bytes, all acknowledged in ${(durationMs / 1000).toFixed(1)} s (${Math.round(recordsPerSecond)}/s)\n`
