/** Records over time, from the minute rollups only: its cost depends on the minutes, not on the records. */
import { Binder, OTHER_SERVICES, rollupConditions } from './conditions.ts'
import type { HistogramAnswer, HistogramQuestion, Range } from './contract.ts'
import type { Db } from './read-pool.ts'
import { severityClass } from './rows.ts'
import { ceilMinute, floorMinute, isoOf } from './time.ts'

const US_PER_SECOND = 1_000_000
/** Points that an interval of our choice makes, about. */
const WANTED_POINTS = 120
/** What people read easily, in minutes: the first that makes few enough points. */
const niceMinutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200]
const MOST_GROUPS = 10

interface Cell {
  readonly us: number
  readonly label: string | number | null
  readonly records: number
  readonly bytes: number
}

/** In seconds: whole minutes. */
export function intervalFor({ fromUs, toUs }: Range): number {
  const minutes = (toUs - fromUs) / US_PER_SECOND / 60
  const nice = niceMinutes.find(width => minutes / width <= WANTED_POINTS) ?? niceMinutes.at(-1)!
  return nice * 60
}

export async function histogram(db: Db, question: HistogramQuestion): Promise<HistogramAnswer> {
  const intervalSeconds = question.intervalSeconds ?? intervalFor(question.range)
  const stepUs = intervalSeconds * US_PER_SECOND
  const range = {
    fromUs: floorMinute(question.range.fromUs),
    toUs: ceilMinute(question.range.toUs),
  }
  // Points lie on multiples of the interval, so that the same moment is in the same point whatever is asked.
  const firstUs = Math.floor(range.fromUs / stepUs) * stepUs
  const cells = await cellsOf(db, question, range, intervalSeconds)
  return {
    from: isoOf(range.fromUs),
    to: isoOf(range.toUs),
    interval_seconds: intervalSeconds,
    points: pointsOf(cells, question.by, firstUs, range.toUs, stepUs),
  }
}

async function cellsOf(
  db: Db,
  { filter, by }: HistogramQuestion,
  range: Range,
  intervalSeconds: number,
): Promise<Cell[]> {
  const top = by === 'service' ? await topServices(db, filter, range) : []
  const sql = new Binder()
  const label = {
    severity: () => 'least(6, (severity + 3) / 4)',
    service: () =>
      `case when service = any(${sql.bind(top, 'text[]')}) then service else '${OTHER_SERVICES}' end`,
    none: () => 'null::text',
  }[by ?? 'none']()
  return db.rows<Cell>(
    'count by interval',
    `select (extract(epoch from date_bin(${sql.bind(`${intervalSeconds} seconds`, 'interval')}, bucket, 'epoch')) * 1000000)::float8 as us,
       ${label} as label, sum(records)::float8 as records, sum(bytes)::float8 as bytes
     from log_rollup_1m
     where ${inBuckets(range, sql)} and ${rollupConditions(filter, sql, false)}
     group by 1, 2`,
    sql.values,
  )
}

export const inBuckets = ({ fromUs, toUs }: Range, sql: Binder): string =>
  `bucket >= ${sql.bind(isoOf(fromUs), 'timestamptz')} and bucket < ${sql.bind(isoOf(toUs), 'timestamptz')}`

async function topServices(db: Db, filter: HistogramQuestion['filter'], range: Range): Promise<string[]> {
  const sql = new Binder()
  const rows = await db.rows<{ service: string }>(
    'find the largest services',
    `select service from log_rollup_1m where ${inBuckets(range, sql)} and ${rollupConditions(filter, sql, false)}
     group by service order by sum(records) desc, service limit ${MOST_GROUPS}`,
    sql.values,
  )
  return rows.map(({ service }) => service)
}

function pointsOf(
  cells: readonly Cell[],
  by: HistogramQuestion['by'],
  firstUs: number,
  endUs: number,
  stepUs: number,
): HistogramAnswer['points'] {
  const at = new Map<number, Cell[]>()
  for (const cell of cells) at.set(cell.us, [...(at.get(cell.us) ?? []), cell])
  const count = Math.max(0, Math.ceil((endUs - firstUs) / stepUs))
  return Array.from({ length: count }, (_, index) => {
    const us = firstUs + index * stepUs
    const here = at.get(us) ?? []
    const sum = (key: 'records' | 'bytes'): number => here.reduce((total, cell) => total + cell[key], 0)
    const groups = here.map(({ label, records }) => [nameOf(label), records] as const)
    return {
      ts: isoOf(us),
      records: sum('records'),
      bytes: sum('bytes'),
      ...(by === null ? {} : { groups: Object.fromEntries(groups) }),
    }
  })
}

/** A number is that of a class of severities. */
const nameOf = (label: string | number | null): string =>
  typeof label === 'number' ? severityClass(label * 4) : (label ?? '')
