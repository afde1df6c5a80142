/**
 * Every record of a range in the order of time, a portion at a time: each window (windows.ts) is read through a
 * cursor of its own, so that neither side ever holds more than a portion, and no snapshot lasts for the whole.
 */
import { Binder, logConditions } from './conditions.ts'
import type { LogFilter, LogRecord, Range } from './contract.ts'
import type { Db } from './read-pool.ts'
import { columnsOf, inRange, type LogRow, ordered, recordOf, selectedOf } from './rows.ts'
import { windows } from './windows.ts'

const WINDOW_RECORDS = 100_000
/** Few enough that large records fit the memory of a process. */
const PORTION_RECORDS = 200

export async function* records(
  db: Db,
  range: Range,
  filter: LogFilter,
): AsyncGenerator<readonly LogRecord[]> {
  const pace = { matching: WINDOW_RECORDS, looked: WINDOW_RECORDS, lookedByIndex: WINDOW_RECORDS }
  for await (const window of windows(db, range, filter, 'asc', pace)) {
    await db.rows('begin an export', 'begin read only', [])
    await declare(db, window, filter)
    yield* portions(db)
    await db.rows('end an export', 'commit', [])
  }
}

async function declare(db: Db, window: Range, filter: LogFilter): Promise<void> {
  const sql = new Binder()
  await db.rows(
    'export logs',
    `declare exported no scroll cursor for ${selectedOf(db)} from (
       select ${columnsOf(db)} from logs where ${inRange(window, sql)} and ${logConditions(filter, sql, db.extraColumns)}
     ) l join topics t using (topic_id) order by ${ordered('asc')}`,
    sql.values,
  )
}

async function* portions(db: Db): AsyncGenerator<readonly LogRecord[]> {
  while (true) {
    const rows = await db.rows<LogRow>('export logs', `fetch ${PORTION_RECORDS} from exported`, [])
    if (rows.length > 0) yield rows.map(recordOf)
    if (rows.length < PORTION_RECORDS) return
  }
}
