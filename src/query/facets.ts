/**
 * The most frequent values of a field. Service and severity are counted by the rollups, all of them; any other field,
 * or any other filter, is counted in the newest records only, and the answer says in which.
 */
import { Binder, isRollupFilter, logConditions, rollupConditions } from './conditions.ts'
import type { FacetAnswer, FacetQuestion } from './contract.ts'
import { inBuckets } from './histogram.ts'
import type { Db } from './read-pool.ts'
import { inRange, severityClass } from './rows.ts'
import { ceilMinute, floorMinute, isoOf } from './time.ts'
import { type Window, windows } from './windows.ts'

/** Of a sample. */
const MOST_RECORDS = 50_000
const BUDGET_MS = 5_000
/** Longer values are counted, and shown, by their beginning. */
const MOST_CHARACTERS = 256
/** Of one window: where nearly each record has a value of its own, the rest of them are no frequent ones. */
const MOST_VALUES = 10_000

interface Counted {
  readonly value: string | number | null
  readonly records: number
}

interface Sampled extends Counted {
  /** Records of the window that fit, those of values that are left out too. */
  readonly fitted: number
}

export function facets(db: Db, question: FacetQuestion): Promise<FacetAnswer> {
  const isKnown = question.field === 'service' || question.field === 'severity'
  return isKnown && isRollupFilter(question.filter) ? fromRollups(db, question) : fromSample(db, question)
}

async function fromRollups(db: Db, { field, filter, limit, range }: FacetQuestion): Promise<FacetAnswer> {
  const sql = new Binder()
  const whole = { fromUs: floorMinute(range.fromUs), toUs: ceilMinute(range.toUs) }
  const rows = await db.rows<Counted>(
    'count values in the rollups',
    `select ${field === 'service' ? 'service' : SEVERITY_CLASS} as value, sum(records)::float8 as records
     from log_rollup_1m where ${inBuckets(whole, sql)} and ${rollupConditions(filter, sql, false)}
     group by 1 order by 2 desc, 1 limit ${sql.bind(limit, 'integer')}`,
    sql.values,
  )
  return { field, values: rows.map(countedOf), sample: null }
}

const SEVERITY_CLASS = 'least(6, (severity + 3) / 4)'

/** A number is that of a class of severities. */
const countedOf = ({ value, records }: Counted): FacetAnswer['values'][number] => ({
  value: typeof value === 'number' ? severityClass(value * 4) : value,
  records,
})

async function fromSample(db: Db, question: FacetQuestion): Promise<FacetAnswer> {
  const { field, filter, limit, range } = question
  const deadline = performance.now() + BUDGET_MS
  const counts = new Map<string | number | null, number>()
  const pace = { matching: MOST_RECORDS, looked: MOST_RECORDS, lookedByIndex: MOST_RECORDS }
  let [records, looked, endUs] = [0, 0, range.fromUs]
  for await (const window of windows(db, range, filter, 'desc', pace)) {
    endUs = window.toUs
    if (looked >= MOST_RECORDS || performance.now() > deadline) break
    looked += window.records
    endUs = window.fromUs
    const found = await countIn(db, window, question)
    for (const { value, records: count } of found) counts.set(value, (counts.get(value) ?? 0) + count)
    records += found[0]?.fitted ?? 0
  }
  const values = [...counts]
    .map(([value, count]) => countedOf({ value, records: count }))
    .sort((a, b) => b.records - a.records)
    .slice(0, limit)
  return {
    field,
    values,
    sample: { records, from: isoOf(Math.min(endUs, range.toUs)), to: isoOf(range.toUs) },
  }
}

function countIn(db: Db, window: Window, { field, filter }: FacetQuestion): Promise<Sampled[]> {
  const sql = new Binder()
  const value = fieldOf(field, sql)
  return db.rows<Sampled>(
    'count values in a sample',
    `select ${value} as value, count(*)::float8 as records, (sum(count(*)) over ())::float8 as fitted from logs
     where ${inRange(window, sql)} and ${logConditions(filter, sql, db.extraColumns)}
     group by 1 order by 2 desc limit ${MOST_VALUES}`,
    sql.values,
  )
}

/** The value of a column, or of an attribute under its name with dots or down its way. */
function fieldOf(field: string, sql: Binder): string {
  if (field === 'severity') return SEVERITY_CLASS
  if (field === 'service' || field === 'host') return field
  const path = field.slice('attr.'.length)
  const [name, way] = [sql.bind(path, 'text'), sql.bind(path.split('.'), 'text[]')]
  return `left(coalesce(attrs ->> ${name}, attrs #>> ${way}), ${MOST_CHARACTERS})`
}
