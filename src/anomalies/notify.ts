/**
 * Tells of anomalies: a webhook hears of each once when it opens and once when it is resolved, tried again for a day;
 * an Alertmanager is told of all that is open at each turn, as it expects. Neighbours: post.ts, watch.ts.
 */
import { postJson } from './post.ts'
import type { Sql } from './store.ts'

interface Row {
  readonly anomaly_id: string
  readonly kind: string
  readonly service: string
  readonly severity: number | null
  readonly since: Date
  readonly until: Date | null
  readonly score: number | null
  readonly expected: number
  readonly observed: number
  readonly examples: unknown
}

const COLUMNS = 'anomaly_id, kind, service, severity, since, until, score, expected, observed, examples'
const AT_ONCE = 20
/** An alert that is not repeated for so long is over: for an Alertmanager that we cannot tell. */
const ALERT_LASTS_MS = 5 * 60_000

/** Claims what is due for half a minute, so that no other instance sends it meanwhile; after failures for longer. */
const CLAIM = `
  update anomalies a set webhook_attempts = webhook_attempts + 1,
    webhook_due = now() + least(600, 30 * 2 ^ least(webhook_attempts, 5)) * interval '1 second'
  from (select anomaly_id from anomalies
    where webhook_sent < case when resolved_at is null then 1 else 2 end and webhook_due <= now()
      and coalesce(resolved_at, found_at) > now() - interval '1 day'
    order by anomaly_id limit ${AT_ONCE} for update skip locked) as due
  where a.anomaly_id = due.anomaly_id returning ${COLUMNS.replace('anomaly_id', 'a.anomaly_id')}`

/** @throws ANOMALY_NOT_SENT of the first that is refused, when the others were sent; it is tried again later */
export async function sendToWebhook(sql: Sql, url: string): Promise<void> {
  const { rows } = await sql.query<Row>(CLAIM)
  // Beside each other: they are claimed for less than their time-outs make one after another.
  const sent = await Promise.allSettled(rows.map(row => send(sql, url, row)))
  const failed = sent.find(one => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function send(sql: Sql, url: string, row: Row): Promise<void> {
  const status = row.until === null ? 'open' : 'resolved'
  const headers = { 'idempotency-key': `${row.anomaly_id}-${status}` }
  const { anomaly_id, ...facts } = row
  await postJson(url, { id: anomaly_id, status, ...facts }, { target: 'webhook', headers })
  await sql.query('update anomalies set webhook_sent = greatest(webhook_sent, $2) where anomaly_id = $1', [
    anomaly_id,
    status === 'open' ? 1 : 2,
  ])
}

/** `url`: of the Alertmanager, without /api/v2/alerts. @throws ANOMALY_NOT_SENT */
export async function sendToAlertmanager(sql: Sql, url: string): Promise<void> {
  const { rows } = await sql.query<Row>(
    `select ${COLUMNS} from anomalies
     where resolved_at is null or resolved_at > now() - interval '5 minutes' order by anomaly_id desc limit 500`,
  )
  if (rows.length === 0) return
  const address = new URL(url)
  address.pathname = `${address.pathname.replace(/\/$/, '')}/api/v2/alerts`
  await postJson(address.href, rows.map(alertOf), { target: 'alertmanager' })
}

/** Alerts with the same labels are the same alert. */
function alertOf({ expected, kind, observed, service, severity, since, until }: Row): object {
  return {
    labels: {
      alertname: 'LogCollectorAnomaly',
      kind,
      service,
      ...(severity === null ? {} : { log_severity: String(severity) }),
    },
    annotations: {
      summary: `${kind.replaceAll('_', ' ')}: ${service}`,
      description: `${observed.toFixed(1)} a minute, expected ${expected.toFixed(1)}`,
    },
    startsAt: since.toISOString(),
    endsAt: (until ?? new Date(Date.now() + ALERT_LASTS_MS)).toISOString(),
  }
}
