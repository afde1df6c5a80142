/** `logcollector lag`: how far each partition is behind, once or again and again. lag/ does the work. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { PipelineError } from '../errors.ts'
import { type CliContext, type ConfigOptions, configFor, handled, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { LagReport } from './lag/report.ts'
import { describeError } from './report-error.ts'

interface Options extends ConfigOptions {
  readonly watch?: true
  readonly json?: true
}

const WATCH_EVERY_MS = 1_000
/** Cursor to the upper left, and everything below it away. */
const CLEAR = '\x1b[H\x1b[J'

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('lag'))
    .description('show the position and lag of every partition; from Redis while the mirror is fresh')
    .option('--watch', 'again every second, until Ctrl-C')
    .option('--json', 'as JSON, one line a reading')
    .action(handled<Options>(context, options => showLag(options, context)))
}

async function showLag(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const { LagSources } = await import('./lag/sources.ts')
  const sources = new LagSources(config)
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  if (options.watch) process.once('SIGINT', abort).once('SIGTERM', abort)
  try {
    const show = await presenter(options, context)
    show(await sources.read())
    while (options.watch && (await pause(stop.signal))) await readAgain(() => sources.read(), show, context)
    return exitCodes.ok.code
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort)
    await sources.close()
  }
}

async function presenter(
  { json, watch }: Options,
  { out }: CliContext,
): Promise<(report: LagReport) => void> {
  if (json) return report => out(`${JSON.stringify(report)}\n`)
  const { lagTable } = await import('./lag/table.ts')
  const isTerminal = process.stdout.isTTY === true
  return report => out(`${watch && isTerminal ? CLEAR : ''}${lagTable(report, isTerminal)}`)
}

/** A service that is away for a while ends no watch. */
async function readAgain(
  read: () => Promise<LagReport>,
  show: (report: LagReport) => void,
  { note }: CliContext,
): Promise<void> {
  try {
    show(await read())
  } catch (error) {
    if (!(error instanceof PipelineError) || !error.retryable) throw error
    note(describeError(error, false, process.stderr.isTTY))
  }
}

/** False when it was told to stop. */
const pause = (signal: AbortSignal): Promise<boolean> =>
  delay(WATCH_EVERY_MS, true, { signal }).catch(() => false)
