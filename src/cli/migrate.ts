/** `logcollector migrate`: brings the schema up to this version and the configuration, and grants roles what they need. */
import { type Command, InvalidArgumentError } from 'commander'
import type { RoleGrant } from '../store/grants.ts'
import type { MigrateReport } from '../store/migrate.ts'
import { type CliContext, type ConfigOptions, configFor, handled, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ConfigOptions {
  readonly json?: true
  readonly dryRun?: true
  readonly writer?: string
  readonly reader?: string
}

/** Columns are added between the transactions of running instances; under load that may take some tries. */
const LOCK_PATIENCE_MS = 60_000

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('migrate'))
    .description(
      'create or update the tables, and add the columns of the configuration; safe to run again and beside a running instance',
    )
    .option('--dry-run', 'print the SQL that would run, and change nothing')
    .option('--writer <role>', 'give a role that exists the rights to run, and no more')
    .option('--reader <role>', 'give a role that exists the rights to read, with time-outs')
    .option('--json', 'as JSON: { applied, granted, notes, columns }, or { pending, sql } of a dry run')
    .action(handled<Options>(context, options => migrateDatabase(options, context)))
}

async function migrateDatabase(options: Options, context: CliContext): Promise<ExitCode> {
  const { columns, postgres } = configFor(options, context).config
  const url = postgres.migrateUrl || postgres.url
  const grants = grantsOf(options)
  const { migrate, planMigration } = await import('../store/migrate.ts')
  if (options.dryRun) {
    const plan = await planMigration(url, { grants })
    if (options.json) context.out(`${JSON.stringify(plan)}\n`)
    else context.out(plan.sql || '-- the schema is up to date\n')
    return exitCodes.ok.code
  }
  const report = await migrate(url, { grants })
  const { ensureColumns } = await import('../store/columns.ts')
  const added = await ensureColumns(url, columns, LOCK_PATIENCE_MS)
  if (options.json) context.out(`${JSON.stringify({ ...report, columns: added })}\n`)
  else context.out(`${reportText(report)}${added.map(name => `added column ${name}\n`).join('')}`)
  return exitCodes.ok.code
}

function grantsOf({ reader, writer }: Options): RoleGrant[] {
  if (writer !== undefined && writer === reader)
    throw new InvalidArgumentError('name different roles as writer and reader')
  return [
    ...(writer === undefined ? [] : [{ role: writer, kind: 'writer' as const }]),
    ...(reader === undefined ? [] : [{ role: reader, kind: 'reader' as const }]),
  ]
}

function reportText({ applied, granted, notes }: MigrateReport): string {
  const lines = [
    ...(applied.length === 0 ? ['the schema is up to date'] : applied.map(name => `applied ${name}`)),
    ...granted.map(role => `granted ${role} its rights`),
    ...notes.map(note => `note: ${note.trim()}`),
  ]
  return `${lines.join('\n')}\n`
}
