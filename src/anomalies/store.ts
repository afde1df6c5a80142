/** Anomalies in Postgres: counts by minute in, findings out. Neighbours: watch.ts, detector.ts; sql/0011_anomalies.sql. */
import type { OpenAnomaly } from './detector.ts'
import type { AnomalyKind, AnomalyName, Change, Finding, MinuteCount } from './types.ts'

export const MINUTE_MS = 60_000

/** A connection, in a transaction or not. */
export interface Sql {
  query<Row extends object>(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>
}

const timeOf = (minute: number): Date => new Date(minute * MINUTE_MS)

/** What was looked at (null: nothing yet), and where the rollups begin and end; minutes. */
export interface Extent {
  readonly until: number | null
  readonly first: number | null
  readonly newest: number | null
}

/** False: another instance is at it. The lock ends with the transaction. */
export async function takeTurn(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ ours: boolean }>(
    `select pg_try_advisory_xact_lock(hashtext('logcollector.anomalies')) as ours`,
  )
  return rows[0]!.ours
}

export async function readExtent(sql: Sql): Promise<Extent> {
  const minute = (of: string): string => `floor(extract(epoch from ${of}) / 60)::integer`
  const { rows } = await sql.query<Extent>(
    `select ${minute('(select until from anomaly_watch)')} as until,
       ${minute('(select min(bucket) from log_rollup_1m)')} as first,
       ${minute('(select max(bucket) from log_rollup_1m)')} as newest`,
  )
  return rows[0]!
}

/** Counts from one minute up to another, by minute; minutes in which nothing came are left out. */
export async function readMinutes(sql: Sql, from: number, to: number): Promise<Map<number, MinuteCount[]>> {
  const { rows } = await sql.query<{ minute: number; service: string; counts: [number, number, number] }>(
    `select floor(extract(epoch from bucket) / 60)::integer as minute, service,
       array[sum(records), coalesce(sum(records) filter (where severity >= 17), 0),
         bit_or(1 << greatest(0, least(severity, 30)))]::double precision[] as counts
     from log_rollup_1m where bucket >= $1 and bucket < $2 group by bucket, service`,
    [timeOf(from), timeOf(to)],
  )
  const minutes = new Map<number, MinuteCount[]>()
  for (const { counts, minute, service } of rows) {
    const [records, errors, severities] = counts
    const list = minutes.get(minute)
    const count = { service, records, errors, severities }
    if (list) list.push(count)
    else minutes.set(minute, [count])
  }
  return minutes
}

export async function readOpen(sql: Sql): Promise<OpenAnomaly[]> {
  const { rows } = await sql.query<AnomalyName & { since: Date; found_at: Date }>(
    `select kind, service, severity, since, found_at from anomalies where resolved_at is null`,
  )
  return rows.map(({ found_at, kind, service, severity, since }) => ({
    kind,
    service,
    severity,
    sinceMinute: Math.floor(since.getTime() / MINUTE_MS),
    openedMinute: Math.floor(found_at.getTime() / MINUTE_MS),
  }))
}

/** Writes what changed, in its order; one that is open already stays as it is. Returns the ids of what is new. */
export async function writeChanges(sql: Sql, changes: readonly Change[]): Promise<Map<Finding, string>> {
  const ids = new Map<Finding, string>()
  for (const change of changes) {
    if (change.type === 'resolved') await resolve(sql, change.name, change.untilMinute)
    else {
      const id = await insert(sql, change.finding)
      if (id !== null) ids.set(change.finding, id)
    }
  }
  return ids
}

async function insert(sql: Sql, finding: Finding): Promise<string | null> {
  const { expected, kind, observed, score, service, severity, sinceMinute } = finding
  const { rows } = await sql.query<{ anomaly_id: string }>(
    `insert into anomalies (kind, service, severity, since, score, expected, observed)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning anomaly_id`,
    [kind, service, severity, timeOf(sinceMinute), score, expected, observed],
  )
  return rows[0]?.anomaly_id ?? null
}

export async function resolve(sql: Sql, name: AnomalyName, untilMinute: number): Promise<void> {
  await sql.query(
    `update anomalies set until = greatest(since, $4), resolved_at = now(), webhook_due = now(), webhook_attempts = 0
     where kind = $1 and service = $2 and severity is not distinct from $3 and resolved_at is null`,
    [name.kind, name.service, name.severity, timeOf(untilMinute)],
  )
}

export async function writeUntil(sql: Sql, minute: number): Promise<void> {
  await sql.query(
    `insert into anomaly_watch (until) values ($1) on conflict (only_one) do update set until = excluded.until`,
    [timeOf(minute)],
  )
}

export async function countOpen(sql: Sql): Promise<Map<AnomalyKind, number>> {
  const { rows } = await sql.query<{ kind: AnomalyKind; open: number }>(
    `select kind, count(*)::integer as open from anomalies where resolved_at is null group by kind`,
  )
  return new Map(rows.map(({ kind, open }) => [kind, open]))
}

const EXAMPLES = 3
const LOOK_MS = 2_000

/** Looks for records that show it, not for long; a silent service has none. Runs in a transaction of its own. */
export async function addExamples(sql: Sql, id: string, finding: Finding): Promise<void> {
  const { foundMinute, kind, service, severity, sinceMinute } = finding
  await sql.query(`set local statement_timeout = ${LOOK_MS}`)
  await sql.query(
    `update anomalies set examples = coalesce((select jsonb_agg(to_jsonb(e)) from (
       select t.topic, l.kafka_partition as partition, l.kafka_offset as "offset", l.ts
       from logs l join topics t using (topic_id)
       where l.ts >= $2 and l.ts < $3 and l.service = $4 and l.severity between $5 and $6 limit ${EXAMPLES}) as e), '[]')
     where anomaly_id = $1`,
    [
      id,
      timeOf(sinceMinute),
      timeOf(foundMinute + 1),
      service,
      severity ?? (kind === 'error_rate' ? 17 : 0),
      severity ?? 32_767,
    ],
  )
}
