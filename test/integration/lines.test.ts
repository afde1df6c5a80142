/**
 * Access logs and syslog from real Kafka to Postgres: rows with typed columns, and one dead letter for each line that
 * is none.
 */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { verify } from '../../src/store/verify/index.ts'
import { createKafkaClient, database, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('lines', { timeoutMs: 60_000 })

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const at = new Date(Math.floor(Date.now() / 1000) * 1000)
const iso = at.toISOString()
const month = MONTHS[at.getUTCMonth()]
const clock = iso.slice(11, 19)

const accessLines = [
  `192.0.2.7 - ann [${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${clock} +0000] "GET /é?a=1 HTTP/1.1" 503 0 "-" "curl/8.5"`,
  'worker process 7 exited with code 1',
]
const syslogLines = [
  `<34>${month} ${iso.slice(8, 10).replace(/^0/, ' ')} ${clock} web-1 su[7]: failed for root`,
  `<165>1 ${iso} web-2 shop - ID7 [order@1 id="4711" note="\\"late\\""] paid`,
  'no line of syslog',
]

test('each line is a row with its columns, and what is none a dead letter with its reason', async () => {
  const [access, syslog, url] = await Promise.all([topic(), topic(), database()])
  const client = new pg.Client({
    connectionString: url,
    options: '-c search_path=logcollector,pg_catalog -c timezone=UTC',
  })
  await client.connect()
  cleanUp(() => client.end())
  const instance = startEngine({
    'kafka.group_id': `lines-${randomUUID()}`,
    'postgres.url': url,
    'parse.malformed': 'dead_letter',
    columns: JSON.stringify({ status: { from: 'status', type: 'smallint' } }),
    pipelines: JSON.stringify([
      { name: 'access', topics: [access], format: 'access' },
      { name: 'syslog', topics: [syslog], format: 'syslog' },
    ]),
  })
  const producer = createKafkaClient().producer()
  await producer.connect()
  await producer.send({ topic: access, messages: accessLines.map(value => ({ value, partition: 0 })) })
  await producer.send({ topic: syslog, messages: syslogLines.map(value => ({ value, partition: 0 })) })
  await producer.disconnect()
  const isDone = async () => {
    const { rows } = await client.query('select sum(stored + dead)::int as done from ingest_ledger')
    return rows[0].done === 5
  }
  await until(isDone, { deadlineMs: 40_000, what: 'all lines accounted for' })
  const { rows } = await client.query(
    'select ts, severity, service, host, message, status, attrs from logs order by severity desc',
  )
  const request = { method: 'GET', path: '/é?a=1', protocol: 'HTTP/1.1' }
  assert.equal(rows, [
    {
      ...{ ts: at, severity: 18, service: 'su', host: 'web-1', message: 'failed for root', status: null },
      attrs: { facility: 'auth', pid: 7 },
    },
    {
      ...{ ts: at, severity: 17, service: null, host: null, message: 'GET /é?a=1 HTTP/1.1', status: 503 },
      attrs: { 'client.address': '192.0.2.7', user: 'ann', ...request, bytes: 0, user_agent: 'curl/8.5' },
    },
    {
      ...{ ts: at, severity: 10, service: 'shop', host: 'web-2', message: 'paid', status: null },
      attrs: { facility: 'local4', msgid: 'ID7', 'order@1.id': '4711', 'order@1.note': '"late"' },
    },
  ])
  const { rows: letters } = await client.query(
    'select code, reason, convert_from(raw, $1) as raw from dead_letters order by reason',
    ['UTF8'],
  )
  assert.equal(letters, [
    { code: 'parse_refused', reason: 'no line of an access log', raw: accessLines[1] },
    { code: 'parse_refused', reason: 'no line of syslog', raw: syslogLines[2] },
  ])
  assert.ok(await instance.stop())
  const { checks, ok } = await verify(url, { sinceMs: null })
  assert.ok(ok, JSON.stringify(checks.flatMap(({ findings }) => findings)))
})

test.run()
