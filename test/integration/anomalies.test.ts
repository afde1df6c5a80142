/** Rollups in, rows of anomalies and messages out; a real Postgres, and receivers that may fail. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { postJson } from '../../src/anomalies/post.ts'
import { type AnomalySettings, AnomalyWatch } from '../../src/anomalies/watch.ts'
import { createEvents } from '../../src/events.ts'
import { StorePool } from '../../src/store/connection.ts'
import { connect } from '../support/segments.ts'
import { database } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'

const test = suite('integration/anomalies', { timeoutMs: 20_000 })
const MINUTE_MS = 60_000
const present = Math.floor(Date.now() / MINUTE_MS)
const nothing: AnomalySettings = { sensitivity: 'medium', webhookUrl: '', alertmanagerUrl: '' }

async function receiver() {
  const heard: { path: string; body: unknown }[] = []
  const answer = { status: 200 }
  const server: Server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    if (answer.status === 0) return
    if (answer.status === 200) heard.push({ path: request.url ?? '', body: JSON.parse(text) })
    response.writeHead(answer.status).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => {
    server.closeAllConnections()
    server.close()
  })
  return { heard, answer, url: `http://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function stage() {
  const url = await database()
  const client = await connect(url)
  const pool = new StorePool({ url, connectTimeoutMs: 5_000 })
  cleanUp(() => pool.end())
  const fill = (from: number, to: number, records: number) =>
    client.query(
      `insert into log_rollup_1m select to_timestamp(m * 60), 'shop', 9, 1, 0, $3, 100
       from generate_series($1::bigint, $2::bigint - 1) m`,
      [from, to, records],
    )
  const watch = (settings: Partial<AnomalySettings> = {}) =>
    new AnomalyWatch(
      pool,
      { ...nothing, ...settings },
      createEvents(() => undefined),
    )
  /** As if so many minutes had passed. */
  const at = (minutes: number): number => (present + minutes) * MINUTE_MS + 20_000
  const rows = async () =>
    (await client.query('select kind, service, resolved_at is not null as over, webhook_sent from anomalies'))
      .rows
  return { at, client, fill, rows, watch }
}

test('a jump is a row, found by one of two instances, told, and over; a restart in between changes nothing', async () => {
  const { at, client, fill, rows, watch } = await stage()
  const { answer, heard, url } = await receiver()
  const settings = { webhookUrl: `${url}/hook`, alertmanagerUrl: url }
  await fill(present - 1_500, present, 100)
  const first = watch(settings)
  await first.turn(at(0))
  assert.equal(await rows(), [])
  await fill(present, present + 3, 500)
  answer.status = 500
  let told = ''
  await first.turn(at(3)).catch(error => {
    told = String(error)
  })
  assert.match(told, 'status 500')
  assert.not.match(told, 'secret')
  const open = { kind: 'volume_spike', service: 'shop', over: false, webhook_sent: 0 }
  assert.equal(await rows(), [open])
  await client.query('update anomalies set webhook_due = now()')
  answer.status = 200
  const second = watch(settings)
  await second.turn(at(3))
  await second.turn(at(3))
  assert.equal(await rows(), [{ ...open, webhook_sent: 1 }])
  await fill(present + 3, present + 20, 100)
  await second.turn(at(20))
  await second.turn(at(20))
  assert.equal(await rows(), [{ ...open, over: true, webhook_sent: 2 }])
  // The first one learns what the second one did, and has nothing to add.
  await first.turn(at(20))
  assert.equal(await rows(), [{ ...open, over: true, webhook_sent: 2 }])
  const hooks = heard.filter(({ path }) => path === '/hook').map(({ body }) => body as { status: string })
  assert.equal(
    hooks.map(({ status }) => status),
    ['open', 'resolved'],
  )
  const alerts = heard.filter(({ path }) => path === '/api/v2/alerts')
  const [alert] = alerts[0]!.body as { labels: object }[]
  assert.equal(alert!.labels, { alertname: 'LogCollectorAnomaly', kind: 'volume_spike', service: 'shop' })
})

test('what nobody answers ends by itself', async () => {
  const { answer, url } = await receiver()
  answer.status = 0
  let reason = ''
  await postJson(url, {}, { target: 'webhook', timeoutMs: 50 }).catch(error => {
    reason = String(error)
  })
  assert.match(reason, 'TimeoutError')
})

test.run()
