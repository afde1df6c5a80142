/**
 * Search in the order of time, page by page both ways: window by window (windows.ts) until the page is full, the
 * range is at its end or time is over. Neighbours: cursor.ts, conditions.ts.
 */
import { PipelineError } from '../errors.ts'
import { Binder, logConditions } from './conditions.ts'
import type { LogFilter, Range, SearchAnswer, SearchQuestion } from './contract.ts'
import { beginningOf, type Cursor, type Place, readCursor, writeCursor } from './cursor.ts'
import { indexedTimes } from './indexed.ts'
import type { Db } from './read-pool.ts'
import {
  columnsOf,
  inRange,
  type LogRow,
  MOST_ANSWER_BYTES,
  ordered,
  placeOf,
  recordOf,
  type SizedRow,
  withinBytes,
} from './rows.ts'
import { isoOf } from './time.ts'
import { type Pace, type Window, windows } from './windows.ts'

/** After that no further window is begun. */
const BUDGET_MS = 5_000
/** Records to look at in a window: the first is small, for filters that fit often. */
const FIRST_WINDOW = 20_000
const MOST_IN_WINDOW = 320_000
/** Where an index finds what is rare; what is frequent was found in the windows before. */
const FIRST_BY_INDEX = 160_000
const MOST_BY_INDEX = 80_000_000
const GROWTH = 2
const GROWTH_BY_INDEX = 8

interface Found {
  readonly rows: readonly LogRow[]
  /** Where the search ended: rows up to there were looked at. */
  readonly endUs: number
  /** The end of the range was reached, or the page is full. */
  readonly complete: boolean
  /** It ended behind the last row, which may not be the only one of its time. */
  readonly isCut: boolean
}

/** @throws PipelineError HTTP_REQUEST_INVALID for a cursor that is none */
export async function search(db: Db, question: SearchQuestion): Promise<SearchAnswer> {
  const { limit, order } = question
  const cursor = question.cursor === null ? null : readCursor(question.cursor)
  const isBack = cursor?.way === 'prev'
  const way = isBack === (order === 'asc') ? 'desc' : 'asc'
  const range = cursor === null ? question.range : rangeBehind(cursor.place, question.range, way)
  // One more than the page tells whether there is another.
  const found = await find(db, range, question.filter, way, cursor?.place ?? null, limit + 1)
  const page = found.rows.slice(0, limit)
  const isMore = found.rows.length > limit || !found.complete
  const onwards = page.length === limit || found.isCut ? placeOf(page.at(-1)!) : beginningOf(found.endUs)
  if (isBack) page.reverse()
  const ends = { onwards: isMore ? onwards : null, cursor }
  return {
    records: page.map(recordOf),
    ...cursorsOf(page, ends, isBack),
    searched: searchedOf(range, found.endUs, way),
    complete: found.complete,
  }
}

/** From the cursor on, not including what lies on its other side; its own microsecond may hold more records. */
function rangeBehind(place: Place, { fromUs, toUs }: Range, way: 'asc' | 'desc'): Range {
  return way === 'desc'
    ? { fromUs, toUs: Math.max(fromUs, Math.min(toUs, place.us + 1)) }
    : { fromUs: Math.min(toUs, Math.max(fromUs, place.us)), toUs }
}

const searchedOf = ({ fromUs, toUs }: Range, endUs: number, way: 'asc' | 'desc'): SearchAnswer['searched'] =>
  way === 'desc' ? { from: isoOf(endUs), to: isoOf(toUs) } : { from: isoOf(fromUs), to: isoOf(endUs) }

function cursorsOf(
  page: readonly LogRow[],
  { onwards, cursor }: { readonly onwards: Place | null; readonly cursor: Cursor | null },
  isBack: boolean,
): Pick<SearchAnswer, 'next' | 'prev'> {
  const [first, last] = [page[0], page.at(-1)]
  if (!isBack) {
    const start = first === undefined ? cursor?.place : placeOf(first)
    return {
      next: onwards && writeCursor('next', onwards),
      prev: start ? writeCursor('prev', start) : null,
    }
  }
  // Going back there may always be more later: what arrives meanwhile.
  const start = onwards ?? (first === undefined ? cursor!.place : placeOf(first))
  const behind = last === undefined ? cursor!.place : placeOf(last)
  return { next: writeCursor('next', behind), prev: writeCursor('prev', start) }
}

async function find(
  db: Db,
  range: Range,
  filter: LogFilter,
  way: 'asc' | 'desc',
  behind: Place | null,
  wanted: number,
): Promise<Found> {
  const deadline = performance.now() + BUDGET_MS
  const pace: Pace = { matching: wanted, looked: FIRST_WINDOW, lookedByIndex: FIRST_BY_INDEX }
  const hasIndex = await indexedTimes(db, range, filter)
  const rows: LogRow[] = []
  let bytesLeft = MOST_ANSWER_BYTES
  let looks = 0
  for await (const window of windows(db, range, filter, way, pace, hasIndex)) {
    const endUs = way === 'desc' ? window.toUs : window.fromUs
    const soFar = { rows, endUs, complete: false, isCut: false }
    if (performance.now() > deadline) return soFar
    const look = { window, filter, behind, limit: wanted - rows.length, bytesLeft }
    const more = await rowsIn(db, look, way).catch(lateUnless(looks === 0))
    if (more === null) return soFar
    looks += 1
    rows.push(...more)
    bytesLeft -= more.reduce((sum, row) => sum + row['lc size'], 0)
    const lastUs = Number(rows.at(-1)?.us)
    if (rows.length >= wanted) return { rows, endUs: lastUs, complete: true, isCut: false }
    const isCut = more.length < (more[0]?.['lc found'] ?? 0) || bytesLeft <= 0
    if (isCut) return { rows, endUs: lastUs, complete: false, isCut }
    pace.looked = Math.min(MOST_IN_WINDOW, pace.looked * GROWTH)
    pace.lookedByIndex = Math.min(MOST_BY_INDEX, pace.lookedByIndex * GROWTH_BY_INDEX)
    pace.matching = wanted - rows.length
  }
  return { rows, endUs: way === 'desc' ? range.fromUs : range.toUs, complete: true, isCut: false }
}

/** A window that is too much ends a search that has come somewhere already: the next page begins with a small one. */
const lateUnless =
  (isFirst: boolean) =>
  (error: unknown): null => {
    if (!isFirst && error instanceof PipelineError && error.code === 'QUERY_TIMEOUT') return null
    throw error
  }

interface Look {
  readonly window: Window
  readonly filter: LogFilter
  readonly behind: Place | null
  readonly limit: number
  readonly bytesLeft: number
}

function rowsIn(
  db: Db,
  { window, filter, behind, limit, bytesLeft }: Look,
  way: 'asc' | 'desc',
): Promise<SizedRow[]> {
  const sql = new Binder()
  const conditions = [inRange(window, sql), logConditions(filter, sql, db.extraColumns)]
  if (behind !== null) conditions.push(isBehind(behind, way, sql))
  const order = ordered(way)
  const inner = `select ${columnsOf(db)} from logs where ${conditions.join(' and ')}
       order by ${order} limit ${sql.bind(limit, 'integer')}`
  const most = sql.bind(bytesLeft, 'float8')
  return db.rows<SizedRow>('search logs', withinBytes(db, { inner, order, most }), sql.values)
}

function isBehind({ us, topicId, partition, offset }: Place, way: 'asc' | 'desc', sql: Binder): string {
  const place = [
    sql.bind(isoOf(us), 'timestamptz'),
    sql.bind(topicId, 'smallint'),
    sql.bind(partition, 'integer'),
    sql.bind(offset, 'bigint'),
  ]
  return `(ts, topic_id, kafka_partition, kafka_offset) ${way === 'desc' ? '<' : '>'} (${place.join(', ')})`
}
