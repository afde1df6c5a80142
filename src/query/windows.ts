/**
 * Cuts a range of time into windows by what the minute rollups count, so that a search in the order of time looks no
 * further than it must: minutes without a record that could fit are skipped, a minute with very many is cut.
 */
import { Binder, isRollupFilter, rollupConditions } from './conditions.ts'
import type { LogFilter, Range } from './contract.ts'
import type { Db } from './read-pool.ts'
import { isoOf, MINUTE_US } from './time.ts'

/** How much the next window is to hold; whoever takes the windows may change it between two of them. */
export interface Pace {
  /** Records that fit, as far as the rollups can tell. */
  matching: number
  /** Records to look at. */
  looked: number
  /** The same where an index finds those that fit. */
  lookedByIndex: number
}

/** Has the segment of that time (µs) an index for what is looked for? */
export type HasIndex = (us: number) => boolean

export interface Window extends Range {
  /** Records in it, by the rollups. */
  readonly records: number
}

interface Minute {
  readonly us: number
  readonly records: number
  readonly matching: number
}

/** The first page is small: most searches need no more, and an index gives so few without a look at the rest. */
const FIRST_PAGE_MINUTES = 60
const MOST_PAGE_MINUTES = 2_000
const PAGE_GROWTH = 4
/** Records that cannot fit and are looked at all the same, where that saves another query. */
const MOST_BETWEEN = 2_000
/** Days with a record now and then would else make one window of years. */
const MOST_MINUTES = 20_000
/** A minute is cut into at most so many: tenths of a second. */
const MOST_SLICES = 600

/** The minutes of the range that have records, in the order asked for. */
async function* minutes(db: Db, range: Range, filter: LogFilter, order: 'asc' | 'desc') {
  let { fromUs, toUs } = range
  for (let page = FIRST_PAGE_MINUTES; ; page = Math.min(MOST_PAGE_MINUTES, page * PAGE_GROWTH)) {
    const sql = new Binder()
    const fits = rollupConditions(filter, sql, true)
    const rows = await db.rows<Minute>(
      'count by minute',
      `select (extract(epoch from bucket) * 1000000)::float8 as us, sum(records)::float8 as records,
         coalesce(sum(records) filter (where ${fits}), 0)::float8 as matching
       from log_rollup_1m
       where bucket > ${sql.bind(isoOf(fromUs - MINUTE_US), 'timestamptz')}
         and bucket < ${sql.bind(isoOf(toUs), 'timestamptz')}
       group by bucket order by bucket ${order} limit ${page}`,
      sql.values,
    )
    yield* rows
    const last = rows.at(-1)
    if (rows.length < page || last === undefined) return
    if (order === 'desc') toUs = last.us
    else fromUs = last.us + MINUTE_US
  }
}

/** Windows that do not overlap, in the order asked for; together they hold every record of the range that can fit. */
export async function* windows(
  db: Db,
  range: Range,
  filter: LogFilter,
  order: 'asc' | 'desc',
  pace: Readonly<Pace>,
  hasIndex: HasIndex = () => false,
): AsyncGenerator<Window> {
  const isExact = isRollupFilter(filter)
  let open: Minute[] = []
  let records = 0
  let matching = 0
  const take = (): Window => {
    const window = windowOf(open, records, range)
    open = []
    records = matching = 0
    return window
  }
  /** In minutes without a fit, since the last that has one. */
  let between = 0
  for await (const minute of minutes(db, range, filter, order)) {
    if (minute.matching === 0) {
      between += minute.records
      continue
    }
    const isIndexed = hasIndex(minute.us)
    const looked = isIndexed ? pace.lookedByIndex : pace.looked
    const isCut = minute.records > 2 * looked
    // A search by index in one part of a window would be a scan in the other.
    const isOther = open[0] !== undefined && hasIndex(open[0].us) !== isIndexed
    const isBetween = !isIndexed && between > MOST_BETWEEN
    if (open.length > 0 && (isCut || isOther || isBetween)) yield take()
    between = 0
    if (isCut) yield* slices(minute, range, order, looked)
    else {
      open.push(minute)
      records += minute.records
      matching += minute.matching
    }
    const isFull = records >= looked || (isExact && matching >= pace.matching) || open.length === MOST_MINUTES
    if (open.length > 0 && isFull) yield take()
  }
  if (open.length > 0) yield take()
}

/** `open`: at least one minute, in either order. */
function windowOf(open: readonly Minute[], records: number, { fromUs, toUs }: Range): Window {
  const [one, other] = [open[0]!.us, open.at(-1)!.us]
  return {
    fromUs: Math.max(fromUs, Math.min(one, other)),
    toUs: Math.min(toUs, Math.max(one, other) + MINUTE_US),
    records,
  }
}

/** Parts of one minute, as if its records were spread evenly. */
function* slices(minute: Minute, range: Range, order: 'asc' | 'desc', looked: number) {
  const count = Math.min(MOST_SLICES, Math.ceil(minute.records / looked))
  const widthUs = Math.ceil(MINUTE_US / count)
  for (let index = 0; index < count; index++) {
    const startUs = minute.us + (order === 'asc' ? index : count - 1 - index) * widthUs
    const fromUs = Math.max(range.fromUs, startUs)
    const toUs = Math.min(range.toUs, startUs + widthUs, minute.us + MINUTE_US)
    if (fromUs < toUs) yield { fromUs, toUs, records: minute.records / count }
  }
}
