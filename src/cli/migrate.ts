/** `logcollector migrate`: brings the schema of the database up to this version and to the configuration. */
import type { Command } from 'commander'
import { type CliContext, type ConfigOptions, configFor, handled, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ConfigOptions {
  readonly json?: true
}

/** Columns are added between the transactions of running instances; under load that may take some tries. */
const LOCK_PATIENCE_MS = 60_000

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('migrate'))
    .description(
      'create or update the tables, and add the columns of the configuration; safe to run again and beside a running instance',
    )
    .option('--json', 'as JSON: the migrations applied and the columns added')
    .action(handled<Options>(context, options => migrateDatabase(options, context)))
}

async function migrateDatabase(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const { migrate } = await import('../store/migrate.ts')
  const { ensureColumns } = await import('../store/columns.ts')
  const { applied } = await migrate(config.postgres.url)
  const columns = await ensureColumns(config.postgres.url, config.columns, LOCK_PATIENCE_MS)
  if (options.json) context.out(`${JSON.stringify({ applied, columns })}\n`)
  else if (applied.length + columns.length === 0) context.out('the schema is up to date\n')
  for (const name of options.json ? [] : applied) context.out(`applied ${name}\n`)
  for (const name of options.json ? [] : columns) context.out(`added column ${name}\n`)
  return exitCodes.ok.code
}
