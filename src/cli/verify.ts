/** `logcollector verify`: proves that nothing is lost and nothing is there twice, from Postgres alone or with the brokers. */
import { type Command, InvalidArgumentError } from 'commander'
import type { Config } from '../config/index.ts'
import { readDuration } from '../config/values.ts'
import type { VerifyReport } from '../store/verify/index.ts'
import { type CliContext, type ConfigOptions, configFor, handled, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { OnProgress } from './verify/witness.ts'
import { verifyTable } from './verify-table.ts'

interface Options extends ConfigOptions {
  readonly full?: true
  /** ms since 1970. */
  readonly since?: number
  readonly kafka?: true
  readonly json?: true
}

const DEFAULT_SINCE = '24h'
/** Back to the first column, and the rest of the line away. */
const CLEAR_LINE = '\r\x1b[K'
/** Between two lines of progress. */
const PROGRESS_MS = 100

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('verify'))
    .description('compare the stored rows, dead letters and rollups with the ledger')
    .option('--full', 'everything; a long snapshot, which slows a busy database down')
    .option(
      '--since <time>',
      `what was committed since: 2h, 7d or an ISO time (default: ${DEFAULT_SINCE})`,
      text => sinceOf(text),
    )
    .option('--kafka', 'and the ledger with what the brokers still hold, which reads all of it')
    .option('--json', 'as JSON: { ok, gapOffsets, checks }')
    .action(handled<Options>(context, options => verifyDatabase(options, context)))
}

/** "2h" before now, or a time; ms since 1970. */
export function sinceOf(text: string, nowMs = Date.now()): number {
  const durationMs = readDuration(text)
  const timeMs = durationMs === null ? Date.parse(text) : nowMs - durationMs
  if (Number.isNaN(timeMs)) throw new InvalidArgumentError('write a duration such as 2h, or an ISO time')
  return timeMs
}

async function verifyDatabase(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const sinceMs = options.full ? null : (options.since ?? sinceOf(DEFAULT_SINCE))
  const report = options.kafka
    ? await verifyBoth(config, sinceMs, context)
    : await verifyStored(config, sinceMs)
  context.out(options.json ? `${JSON.stringify(report)}\n` : verifyTable(report))
  return report.ok ? exitCodes.ok.code : exitCodes.findings.code
}

async function verifyStored(config: Config, sinceMs: number | null): Promise<VerifyReport> {
  const { verify } = await import('../store/verify/index.ts')
  return verify(config.postgres.url, { sinceMs })
}

/** The brokers are asked for an answer first: who cannot reach them hears it before a long look at Postgres. */
async function verifyBoth(
  config: Config,
  sinceMs: number | null,
  context: CliContext,
): Promise<VerifyReport> {
  const { KafkaWitness } = await import('./verify/witness.ts')
  const isWatched = process.stderr.isTTY === true
  const witness = new KafkaWitness(config, isWatched ? progressOn(context) : () => undefined)
  try {
    await witness.connect()
    const report = await verifyStored(config, sinceMs)
    const checks = await witness.compare(sinceMs)
    return { ...report, ok: report.ok && checks.every(({ ok }) => ok), checks: [...report.checks, ...checks] }
  } finally {
    if (isWatched) context.note(CLEAR_LINE)
    await witness.close()
  }
}

function progressOn({ note }: CliContext): OnProgress {
  let last = 0
  return (place, offset, end) => {
    const now = performance.now()
    if (now - last < PROGRESS_MS) return
    last = now
    note(`${CLEAR_LINE}${place}: offset ${offset} of ${end}`)
  }
}
