/** What the look for anomalies found (sql/0011_anomalies.sql), the latest first. docs/anomalies.md says what they are. */
import { Binder } from './conditions.ts'
import type { AnomaliesAnswer, Anomaly, AnomalyQuestion } from './contract.ts'
import type { Db } from './read-pool.ts'
import { severityClass } from './rows.ts'
import { isoOf } from './time.ts'

type Row = Omit<Anomaly, 'severity_text'>

const iso = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const COLUMNS = `anomaly_id::float8 as id, kind, service, severity, ${iso('since')} as since, ${iso('until')} as until,
  ${iso('found_at')} as found_at, ${iso('resolved_at')} as resolved_at, score, expected, observed, examples`

/** One that lasted into the range is in it. */
function conditions({ range, state, kind, services, before }: AnomalyQuestion, sql: Binder): string {
  const { fromUs, toUs } = range
  return [
    `since < ${sql.bind(isoOf(toUs), 'timestamptz')}`,
    `coalesce(until, 'infinity') >= ${sql.bind(isoOf(fromUs), 'timestamptz')}`,
    state !== 'any' && `resolved_at is ${state === 'open' ? '' : 'not '}null`,
    kind !== undefined && `kind = ${sql.bind(kind, 'text')}`,
    services !== undefined && `service = any(${sql.bind(services, 'text[]')})`,
    before !== undefined && `anomaly_id < ${sql.bind(before, 'bigint')}`,
  ]
    .filter(condition => condition !== false)
    .join(' and ')
}

/** The next page is `before` the last id of this one: ids only grow, so none comes twice. */
export async function anomalies(db: Db, question: AnomalyQuestion): Promise<AnomaliesAnswer> {
  const sql = new Binder()
  const where = conditions(question, sql)
  const rows = await db.rows<Row>(
    'list anomalies',
    `select ${COLUMNS} from anomalies where ${where} order by anomaly_id desc limit ${sql.bind(question.limit, 'integer')}`,
    sql.values,
  )
  return {
    anomalies: rows.map(row => ({
      ...row,
      severity_text: row.severity === null ? null : severityClass(row.severity),
    })),
  }
}
