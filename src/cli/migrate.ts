/** `logcollector migrate`: brings the schema of the database up to this version. */
import type { Command } from 'commander'
import { type CliContext, type ConfigOptions, configFor, handled, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ConfigOptions {
  readonly json?: true
}

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('migrate'))
    .description('create or update the tables; safe to run again and beside a running instance')
    .option('--json', 'as JSON: the migrations applied')
    .action(handled<Options>(context, options => migrateDatabase(options, context)))
}

async function migrateDatabase(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const { migrate } = await import('../store/migrate.ts')
  const { applied } = await migrate(config.postgres.url)
  if (options.json) context.out(`${JSON.stringify({ applied })}\n`)
  else if (applied.length === 0) context.out('the schema is up to date\n')
  else for (const name of applied) context.out(`applied ${name}\n`)
  return exitCodes.ok.code
}
