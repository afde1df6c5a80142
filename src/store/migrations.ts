/**
 * The numbered files of sql/, and the script that each of them is run by: the file itself and its line in
 * schema_migrations, in one transaction. migrate.ts runs them.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
  /** SHA-256 of the text, whatever its line ends. */
  readonly checksum: string
}

/** Compiled files lie in dist/, sql/ beside it. */
const SQL_FOLDER = new URL('../../../sql/', import.meta.url)
const FILE_NAME = /^(\d{4})_(\w+)\.sql$/

/** The migrations of this version, by number. */
export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(SQL_FOLDER)).sort()
  const found = names
    .map(name => ({ name, match: FILE_NAME.exec(name) }))
    .filter(({ match }) => match !== null)
  return Promise.all(
    found.map(async ({ name, match }) => {
      const sql = await readFile(new URL(name, SQL_FOLDER), 'utf8')
      const checksum = createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex')
      return { number: Number(match![1]), name, sql, checksum }
    }),
  )
}

/** What is run for one migration, and what a dry run prints. Names and checksums hold nothing that SQL would mind. */
export const scriptOf = ({ number, name, sql, checksum }: Migration): string =>
  `-- ${name}
begin;
${sql.trim()}
create table if not exists logcollector.schema_migrations
  (number integer primary key, name text not null, applied_at timestamptz not null default now(), checksum text);
alter table logcollector.schema_migrations add column if not exists checksum text;
insert into logcollector.schema_migrations (number, name, checksum) values (${number}, '${name}', '${checksum}');
commit;
`

/** Databases that were migrated before there were checksums get them for what stands in their tables. */
export const checksumScriptOf = (migrations: readonly Migration[]): string =>
  migrations
    .map(
      ({ number, checksum }) =>
        `update logcollector.schema_migrations set checksum = '${checksum}' where number = ${number} and checksum is null;\n`,
    )
    .join('')
