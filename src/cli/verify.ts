/** `logcollector verify`: proves from Postgres alone that nothing is lost and nothing is there twice. */
import { type Command, InvalidArgumentError } from 'commander'
import { readDuration } from '../config/values.ts'
import { type CliContext, type ConfigOptions, configFor, handled, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { verifyTable } from './verify-table.ts'

interface Options extends ConfigOptions {
  readonly full?: true
  /** ms since 1970. */
  readonly since?: number
  readonly json?: true
}

const DEFAULT_SINCE = '24h'

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
  const { verify } = await import('../store/verify/index.ts')
  const sinceMs = options.full ? null : (options.since ?? sinceOf(DEFAULT_SINCE))
  const report = await verify(config.postgres.url, { sinceMs })
  context.out(options.json ? `${JSON.stringify(report)}\n` : verifyTable(report))
  return report.ok ? exitCodes.ok.code : exitCodes.findings.code
}
