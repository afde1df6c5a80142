/**
 * The migrated database that every test's own database is copied from.
 * run.ts makes it once for all files; services.ts makes it when a file is run alone.
 */
import { randomUUID } from 'node:crypto'
import pg from 'pg'

/** Runs statements one by one as the role of `url`, outside of a transaction. */
export async function execute(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The same server and role, another database. */
export function urlOf(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${database}`
  return other.href
}

/** A name that is free and needs no quotes. */
export const uniqueName = (prefix: string): string =>
  `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 16)}`

/** Makes a database, migrates it and returns its name. Nobody may be connected to it afterwards. */
export async function createTemplate(
  url: string,
  migrate: (url: string) => Promise<unknown>,
): Promise<string> {
  const name = uniqueName('template')
  await execute(url, `create database ${name}`)
  await migrate(urlOf(url, name))
  return name
}

/** Ends the connections to it, if any, and drops it. */
export const dropDatabase = (url: string, name: string): Promise<void> =>
  execute(url, `drop database if exists ${name} with (force)`)
