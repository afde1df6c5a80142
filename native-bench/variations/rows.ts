/** A variation's database: what it is to hold before a round, and whether the rows are those of the variation after it. */
import pg from 'pg'
import type { Variation } from './list.ts'

/** Changes an empty database for the variation. */
export async function prepareRows(database: string, { sql }: Variation): Promise<void> {
  if (sql === null) return
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** Throws unless every row was read as the variation has it; says what one row that was not looks like. */
export async function checkRows(database: string, { attrs, dimension, name }: Variation): Promise<void> {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  try {
    const { rows } = await client.query<{ message: string | null; attrs: unknown }>(
      `select message, attrs from logcollector.logs
       where attrs ? 'lc.error' or not attrs ?& $1 limit 1`,
      [attrs],
    )
    const [wrong] = rows
    if (wrong) throw new Error(`${dimension} ${name} left a row that it should not: ${JSON.stringify(wrong)}`)
  } finally {
    await client.end()
  }
}
