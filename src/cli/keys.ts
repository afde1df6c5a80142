/** `logcollector keys`: create, list and revoke keys of the HTTP API. store/api-keys.ts does the work. */
import Table from 'cli-table3'
import { type Command, InvalidArgumentError } from 'commander'
import type { Config } from '../config/index.ts'
import type { KeyScope } from '../store/api-keys.ts'
import type { StorePool } from '../store/connection.ts'
import { type CliContext, type ConfigOptions, configFor, handled, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ConfigOptions {
  readonly scope?: readonly KeyScope[]
  readonly name?: string
  readonly id?: string
  readonly json?: true
}

const scopes: readonly KeyScope[] = ['read', 'write', 'admin']

/** Adds the command with its three sub-commands. */
export function register(program: Command, context: CliContext): void {
  const group = program.command('keys').description('create, list and revoke keys of the HTTP API')
  const add = (name: string, description: string): Command =>
    withConfig(group.command(name)).description(description)
  add('create', 'make a key and print it; it cannot be shown again')
    .requiredOption('--name <text>', 'what it is for')
    .option('--scope <scopes>', 'read, write, admin; a comma between several (default: read)', scopesOf)
    .option('--json', 'as JSON: { id, key }')
    .action(handled<Options>(context, options => create(options, context)))
  add('list', 'all keys, without their secrets')
    .option('--json', 'as JSON, one line a key')
    .action(handled<Options>(context, options => list(options, context)))
  add('revoke', 'a key that is not accepted any more within seconds')
    .requiredOption('--id <id>', 'as "keys list" shows it')
    .action(handled<Options>(context, options => revoke(options, context)))
}

function scopesOf(text: string): readonly KeyScope[] {
  const found = text.split(',').map(word => scopes.find(scope => scope === word.trim()))
  if (found.some(scope => scope === undefined)) throw new InvalidArgumentError('write read, write or admin')
  return [...new Set(found as KeyScope[])]
}

async function withStore<T>({ postgres }: Config, work: (pool: StorePool) => Promise<T>): Promise<T> {
  const { StorePool: Pool } = await import('../store/connection.ts')
  // Keys are made by whoever owns the tables; the writer only reads them.
  const pool = new Pool({ ...postgres, url: postgres.migrateUrl || postgres.url })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

async function create(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const { createKey } = await import('../store/api-keys.ts')
  const made = await withStore(config, pool => createKey(pool, options.name!, options.scope ?? ['read']))
  context.out(options.json ? `${JSON.stringify(made)}\n` : `${made.key}\n`)
  return exitCodes.ok.code
}

async function list(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const { listKeys } = await import('../store/api-keys.ts')
  const keys = await withStore(config, listKeys)
  if (options.json) {
    for (const key of keys) context.out(`${JSON.stringify(key)}\n`)
    return exitCodes.ok.code
  }
  const table = new Table({
    head: ['id', 'name', 'scopes', 'created at', 'revoked at'],
    style: { head: [], border: [], compact: true },
  })
  for (const { id, name, scopes: may, createdAt, revokedAt } of keys)
    table.push([id, name, may.join(', '), createdAt.toISOString(), revokedAt?.toISOString() ?? '–'])
  context.out(keys.length === 0 ? 'no keys\n' : `${table.toString()}\n`)
  return exitCodes.ok.code
}

async function revoke(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const { revokeKey } = await import('../store/api-keys.ts')
  const isRevoked = await withStore(config, pool => revokeKey(pool, options.id!))
  if (isRevoked) context.out(`${options.id} revoked\n`)
  else context.note(`no valid key has the id ${options.id}\n`)
  return isRevoked ? exitCodes.ok.code : exitCodes.findings.code
}
