/**
 * A database with logs in it and the server that answers for it, by inject() or on a port: for tests of /api/v1. Rows,
 * rollups and ledger are made by SQL, so that they agree without Kafka.
 */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { type Api, createApi } from '../../src/cli/api.ts'
import { type Config, loadConfig } from '../../src/config/index.ts'
import { buildServer } from '../../src/http/server.ts'
import type { LogRecord } from '../../src/query/contract.ts'
import { Observer } from '../faults/observer.ts'
import { database } from '../support/services.ts'
import { cleanUp } from '../support/suite.ts'
import { execute } from '../support/template.ts'

/** Of the first record; one follows every second. */
export const START_MS = Date.UTC(2026, 0, 15, 10)
export const TOPIC = 'api-logs'

/** One of its records: what follows from its number. */
const ROWS = `
  select timestamptz '2026-01-15T10:00:00Z' + n * interval '1 second' + interval '123 microseconds',
    case when n % 10 = 0 then 17 when n % 5 = 0 then 13 else 9 end,
    case when n % 7 = 0 then null when n % 3 = 0 then 'checkout' else 'search' end,
    'host-' || n % 4, 'trace-' || n / 10, null, 'message number ' || n || case when n % 100 = 0 then ' 100%_done' else '' end,
    jsonb_build_object('n', n, 'http.status', case when n % 2 = 0 then 200 else 500 end,
      'user', jsonb_build_object('id', 'u' || n % 3), 'ok', n % 2 = 0),
    1, n % 2, n / 2
  from generate_series(0, $1 - 1) as n`

const FILL = `
  set search_path = logcollector, pg_catalog;
  set timezone = 'UTC';
  insert into topics (cluster_id, group_id, topic) values ('cluster', 'logcollector', '${TOPIC}');
  insert into offsets (topic_id, kafka_partition, start_offset, next_offset) values (1, 0, 0, 0), (1, 1, 0, 0);
  select ensure_segment('2026-01-15T00:00:00Z', 24);
  insert into logs ${ROWS.replaceAll('$1', '$COUNT')};
  insert into log_rollup_1m
    select date_trunc('minute', ts), coalesce(service, ''), severity, topic_id, kafka_partition, count(*), sum(100)
    from logs group by 1, 2, 3, 4, 5;
  insert into ingest_ledger (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes, min_ts, max_ts)
    select 1, kafka_partition, min(kafka_offset), max(kafka_offset) + 1, count(*), 0, 0, 100, min(ts), max(ts)
    from logs group by kafka_partition, kafka_offset / 100;
  update offsets o set next_offset = (select max(next_offset) from ingest_ledger l where l.kafka_partition = o.kafka_partition)`

export interface ApiFixture {
  readonly config: Config
  readonly url: string
  readonly server: FastifyInstance
  readonly api: Api
  readonly observer: Observer
  /** Answers GET /api/v1/<path>. */
  get(path: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  /** The same as JSON; fails on anything but 200. */
  json<T>(path: string, headers?: Record<string, string>): Promise<T>
}

/** Closed when the running suite ends. @param records how many, one a second */
export async function apiWith(
  records: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<ApiFixture> {
  const url = await database()
  if (records > 0) await execute(url, FILL.replaceAll('$COUNT', String(records)))
  const config = loadConfig({
    file: null,
    env: {},
    overrides: {
      'postgres.url': url,
      'kafka.brokers': '127.0.0.1:1',
      'http.api.rate_limit': '0',
      ...settings,
    },
  })
  const api = createApi(config)!
  const server = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    metrics: { contentType: 'text/plain', render: async () => '' },
    debug: null,
    api: api.deps,
  })
  cleanUp(async () => {
    await server.close()
    await api.close()
  })
  const get = async (path: string, headers: Record<string, string> = {}) =>
    server.inject({ url: `/api/v1/${path}`, headers: { host: 'localhost', ...headers } })
  return {
    config,
    url,
    server,
    api,
    observer: new Observer(url, TOPIC),
    get,
    async json<T>(path: string, headers: Record<string, string> = {}) {
      const answer = await get(path, headers)
      if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${answer.body}`)
      return answer.json<T>()
    },
  }
}

/** The number of a record, from its attributes. */
export const numberOf = ({ attrs }: LogRecord): number => (attrs as { n: number }).n

/** The code of an answer that is an error. */
export const codeOf = (answer: LightMyRequestResponse): string | undefined =>
  answer.json<{ error?: { code?: string } }>().error?.code
