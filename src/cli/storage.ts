/** `logcollector storage`: the segments, their sizes and indexes, and what will be dropped when and why. */
import type { Command } from 'commander'
import { type CliContext, type ConfigOptions, configFor, handled, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ConfigOptions {
  readonly json?: true
}

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('storage'))
    .description(
      'show the segments: time, rows, sizes, state, indexes, and what will be dropped when and why',
    )
    .option('--json', 'as JSON: { at, segments, totalBytes, leavingBytes, policy }')
    .action(handled<Options>(context, options => showStorage(options, context)))
}

async function showStorage(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const { StorePool } = await import('../store/connection.ts')
  const { listSegments } = await import('../store/storage/list.ts')
  const { policyOf } = await import('../store/storage/policy.ts')
  const { storageReport } = await import('./storage/report.ts')
  const pool = new StorePool(config.postgres)
  try {
    const segments = await listSegments(sql => pool.query('storage', sql))
    const report = storageReport(segments, policyOf(config), Date.now())
    if (options.json) context.out(`${JSON.stringify(report)}\n`)
    else {
      const { storageTable } = await import('./storage/table.ts')
      context.out(storageTable(report, process.stdout.isTTY === true))
    }
    return exitCodes.ok.code
  } finally {
    await pool.end()
  }
}
