/** The board Logs: what is in them, by SQL over the rollups of a minute; only the latest errors read rows themselves. */
import type { Board } from './board.ts'
import type { Figure } from './panels.ts'

/** Severity numbers are those of OpenTelemetry. */
const severity = `case when severity >= 21 then 'fatal' when severity >= 17 then 'error' when severity >= 13 then 'warn'
    when severity >= 9 then 'info' when severity >= 5 then 'debug' when severity >= 1 then 'trace' else 'unknown' end`
const topics =
  'topic_id in (select topic_id from logcollector.topics where topic in (${storedTopic:sqlstring}))'
const chosen = `$__timeFilter(bucket) and service in (\${service:sqlstring})
  and ${topics}`
const perTime = (metric: string, value: string, where = chosen): string =>
  `select $__timeGroupAlias(bucket, $__interval), ${metric} as metric, ${value} as value
from logcollector.log_rollup_1m
where ${where}
group by 1, 2 order by 1`

const toService = {
  title: 'Only this service',
  url: '/d/logcollector-logs?var-service=${__value.raw:percentencode}&${__url_time_range}',
}
const linked = (link: object) => [{ id: 'links', value: [link] }]

const anomalies: Figure = {
  kind: 'table',
  title: 'Anomalies',
  description:
    'Services that are or were not as usual in the time shown; the service leads to its own board. docs/anomalies.md says what each kind means.',
  unit: 'none',
  width: 24,
  quiet: 'none',
  columns: { service: linked(toService) },
  queries: [
    {
      sql: `select kind, service, ${severity.replaceAll('severity >=', 'a.severity >=').replace("'unknown'", 'null')} as severity,
  since, until, score, expected as "expected a minute", observed as "observed a minute",
  (select string_agg(e ->> 'topic' || '/' || (e ->> 'partition') || '/' || (e ->> 'offset'), ', ')
    from jsonb_array_elements(examples) as e) as examples
from logcollector.anomalies a
where since <= $__timeTo() and coalesce(until, 'infinity') >= $__timeFrom() and service in (\${service:sqlstring})
order by anomaly_id desc limit 100`,
    },
  ],
}

export const logs: Board = {
  uid: 'logcollector-logs',
  title: 'Logs',
  description: 'What is in the logs: volume, errors, services.',
  variables: ['service', 'storedTopic'],
  rows: {
    Volume: [
      {
        kind: 'bars',
        title: 'Records by severity',
        description: 'Records in each interval, at least a minute, by their own time.',
        unit: 'short',
        width: 12,
        interval: '1m',
        queries: [{ sql: perTime(severity, 'sum(records)::float8') }],
      },
      {
        kind: 'bars',
        title: 'Records by service',
        description: 'Records in each interval, at least a minute, by their own time; all that were chosen.',
        unit: 'short',
        width: 12,
        interval: '1m',
        queries: [{ sql: perTime('service', 'sum(records)::float8') }],
      },
    ],
    Anomalies: [anomalies],
    Errors: [
      {
        kind: 'lines',
        title: 'Error rate',
        description: 'Share of error and fatal among the records of a service.',
        unit: 'percentunit',
        width: 12,
        interval: '1m',
        queries: [
          {
            sql: perTime(
              'service',
              '(coalesce(sum(records) filter (where severity >= 17), 0) / sum(records))::float8',
            ),
          },
        ],
      },
      {
        kind: 'table',
        title: 'Services',
        description:
          'Records, bytes and errors of each service in the time shown; the name leads to its own board.',
        unit: 'short',
        width: 12,
        columns: {
          service: linked(toService),
          bytes: [{ id: 'unit', value: 'bytes' }],
          'error rate': [{ id: 'unit', value: 'percentunit' }],
        },
        queries: [
          {
            sql: `select service, sum(records)::float8 as records, sum(bytes)::float8 as bytes,
  coalesce(sum(records) filter (where severity >= 17), 0)::float8 as errors,
  (coalesce(sum(records) filter (where severity >= 17), 0) / sum(records))::float8 as "error rate",
  max(bucket) as latest
from logcollector.log_rollup_1m
where ${chosen}
group by 1 order by errors desc, records desc limit 200`,
          },
        ],
      },
      {
        kind: 'table',
        title: 'Latest errors',
        description:
          'The last hundred records of severity error or fatal; the service leads to its own board.',
        unit: 'none',
        width: 24,
        columns: { service: linked(toService) },
        queries: [
          {
            sql: `select ts, ${severity} as severity, service, host, message, trace_id, attrs::text as attrs
from logcollector.logs
where $__timeFilter(ts) and severity >= 17 and coalesce(service, '') in (\${service:sqlstring})
  and ${topics}
order by ts desc limit 100`,
          },
        ],
      },
    ],
  },
}
