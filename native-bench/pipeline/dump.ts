/**
 * The rows of one run of the program as files of the server, for COPY to load again: ceiling.ts and psql.ts do.
 * warm-up.ts writes them.
 */
import pg from 'pg'

export const copyFormats = ['text', 'binary'] as const
export type CopyFormat = (typeof copyFormats)[number]

/** Of each format: as many as there are sessions at most. */
export const DUMP_FILES = 2

/** The path of a file; the folder is the server's. */
export const dumpFile = (folder: string, format: CopyFormat, file: number): string =>
  `${folder}/rows-${file}.${format}`

/** The numbers of the files that each session loads, one after the other: all of them, dealt out in turn. */
export const filesOfSessions = (sessions: number): number[][] =>
  Array.from({ length: sessions }, (_, session) =>
    Array.from({ length: DUMP_FILES }, (_, file) => file).filter(file => file % sessions === session),
  )

async function withClient<T>(database: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/**
 * Makes attrs of an empty database bytes, so that the dump has them just as the program sent them: jsonb would give
 * them back with their keys sorted already, and the ceiling would be spared a part of the work.
 */
export const keepAttrsAsSent = (database: string): Promise<unknown> =>
  withClient(database, client =>
    client.query(
      `alter table logcollector.logs alter column attrs type bytea using convert_to(attrs::text, 'UTF8')`,
    ),
  )

/** Bytes as they are in binary; in text what follows the first of them, which is the version of jsonb's binary form. */
const attrsIn: Readonly<Record<CopyFormat, string>> = {
  binary: 'attrs',
  text: `convert_from(substr(attrs, 2), 'UTF8')`,
}

async function columnsIn(client: pg.Client, format: CopyFormat): Promise<string> {
  const { rows } = await client.query<{ column: string }>(
    `select case attname when 'attrs' then $1 else quote_ident(attname) end as column
     from pg_attribute where attrelid = 'logcollector.logs'::regclass and attnum > 0 and not attisdropped
     order by attnum`,
    [attrsIn[format]],
  )
  return rows.map(({ column }) => column).join(', ')
}

/** Writes the rows of a filled database, whose attrs were kept as sent, in the order in which they lie there. */
export const dumpRows = (database: string, folder: string, formats: readonly CopyFormat[]): Promise<void> =>
  withClient(database, async client => {
    await client.query('set max_parallel_workers_per_gather = 0; set synchronize_seqscans = off')
    for (const format of formats) {
      const columns = await columnsIn(client, format)
      for (let file = 0; file < DUMP_FILES; file++)
        await client.query(
          `copy (select ${columns} from logcollector.logs where kafka_partition % ${DUMP_FILES} = ${file})
           to '${dumpFile(folder, format, file)}' (format ${format})`,
        )
    }
  })
