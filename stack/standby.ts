/**
 * The data of a streaming replica: a copy of a running server's, taken as pg_basebackup takes it, which not every
 * package of Postgres has. postgres.ts starts the server on it. PostgreSQL manual, "Low Level API" of backups.
 */
import { appendFileSync, chownSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { runCommand } from './command.ts'
import type { Owner } from './service.ts'

export interface Primary {
  /** Of its superuser. */
  readonly url: string
  readonly port: number
  readonly dataFolder: string
}

/** Copies with owner and modes; `target` must not exist. */
export async function copyData(
  { url, port, dataFolder }: Primary,
  target: string,
  owner: Owner | null,
): Promise<void> {
  const write = (name: string, text: string): void => {
    writeFileSync(join(target, name), text)
    if (owner) chownSync(join(target, name), owner.uid, owner.gid)
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`select pg_backup_start('standby', fast => true)`)
    await runCommand('cp', ['-a', dataFolder, target])
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
    write('backup_label', rows[0]!.labelfile)
  } finally {
    await client.end()
  }
  rmSync(join(target, 'postmaster.pid'))
  write('standby.signal', '')
  const conninfo = `host=127.0.0.1 port=${port} user=postgres`
  appendFileSync(join(target, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`)
}
