/**
 * Records over HTTP into a real Kafka, and on into Postgres: every promise of POST /api/v1/ingest (docs/intake.md).
 */
import { gzipSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { compress } from '../../src/codecs/compress.ts'
import { startKafka } from '../../stack/kafka.ts'
import { Observer } from '../faults/observer.ts'
import { database, redisAddress, redisPrefix, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'
import { readTopic, startIntake } from './intake-server.ts'

const test = suite('intake', { timeoutMs: 60_000 })

const numbered = (name: string, count: number): string =>
  Array.from({ length: count }, (_, n) => `{"msg":"${name} ${n}"}\n`).join('')

test('lines that are posted are rows within a second', async () => {
  const [name, url] = await Promise.all([topic({ partitions: 2 }), database()])
  const settings = { 'kafka.topics': name, 'kafka.group_id': name }
  const engine = startEngine({ ...settings, 'postgres.url': url })
  const [server] = await Promise.all([startIntake(settings), engine.ready()])
  const observer = new Observer(url, name)
  const post = async (label: string): Promise<number> => {
    const begin = performance.now()
    const { status, body } = await server.post(numbered(label, 20))
    assert.equal([status, body.accepted, body.errors], [200, 20, []])
    const count = `select count(*)::int as n from logs where message like '${label} %'`
    const isThere = async () => (await observer.query<{ n: number }>(count))[0]?.n === 20
    await until(isThere, { deadlineMs: 20_000, what: 'twenty rows' })
    return performance.now() - begin
  }
  // The first one also connects; of several one must be quick, also on a machine that is busy otherwise.
  const times = [await post('first'), await post('second'), await post('third')]
  assert.ok(Math.min(...times) < 1_000, `rows after ${times.map(Math.round).join(', ')} ms`)
  assert.ok(await engine.stop())
})

test('every kind of body; one bad record costs one record', async () => {
  const [name, other] = await Promise.all([topic({ partitions: 3 }), topic()])
  const server = await startIntake({
    'http.intake.topics': `${name},${other}`,
    'http.intake.key_field': 'user',
  })
  const json = { 'content-type': 'application/json; charset=utf-8' }
  assert.is((await server.post('{"one":12345678901234567890}', json)).status, 200)
  const mixed = await server.post('[{"user":"a","n":1},7,{"user":"a","n":2}]', json)
  assert.equal(
    [mixed.status, mixed.body.accepted, mixed.body.rejected, mixed.body.errors],
    [207, 2, 1, [{ index: 1, code: 'RECORD_NOT_OBJECT', message: 'it is JSON, but no object' }]],
  )
  const zipped = await server.post(gzipSync('{"zip":"gzip"}'), { 'content-encoding': 'gzip' })
  const zstd = await server.post(compress('zstd', Buffer.from('{"zip":"zstd"}')), {
    'content-encoding': 'zstd',
  })
  assert.equal([zipped.status, zstd.status], [200, 200])
  assert.is((await server.post('plain\nlines', { 'content-type': 'text/plain' })).body.accepted, 2)
  assert.is(
    (await server.post('{}', { 'x-logcollector-topic': other, 'x-logcollector-key': 'k' })).status,
    200,
  )
  const bad = await server.post('no json')
  assert.equal([bad.status, bad.body.error?.code, bad.body.accepted], [400, 'INTAKE_RECORDS_REFUSED', 0])

  const stored = await readTopic(name, 7)
  const values = stored.map(({ value }) => value).sort()
  assert.equal(values, [
    'lines',
    'plain',
    '{"one":12345678901234567890}',
    '{"user":"a","n":1}',
    '{"user":"a","n":2}',
    '{"zip":"gzip"}',
    '{"zip":"zstd"}',
  ])
  const ofUser = stored.filter(({ key }) => key === 'a')
  assert.equal([ofUser.length, new Set(ofUser.map(({ partition }) => partition)).size], [2, 1])
  assert.equal(await readTopic(other, 1), [{ partition: 0, key: 'k', value: '{}' }])
})

test('what cannot be taken is refused with the reason', async () => {
  const name = await topic({ settings: { 'max.message.bytes': '2000' } })
  const settings = { 'kafka.topics': name, 'http.intake.max_body': '10KiB' } as const
  let lagSeconds = 0
  const server = await startIntake(settings, () => ({ lagSeconds, arenaFill: 0 }))
  const codeOf = async (body: string, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await server.post(body, headers)
    return `${answer.status} ${answer.body.error?.code}`
  }
  assert.is(await codeOf('{}', { 'x-logcollector-topic': 'offsets' }), '403 INTAKE_TOPIC_UNKNOWN')
  assert.is(
    await codeOf('a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
    '415 INTAKE_UNSUPPORTED',
  )
  assert.is(await codeOf('{}', { 'content-encoding': 'br' }), '415 INTAKE_UNSUPPORTED')
  assert.is(await codeOf('{}', { 'idempotency-key': 'x'.repeat(256) }), '400 HTTP_REQUEST_INVALID')
  assert.is(await codeOf('x'.repeat(10_241)), '413 INTAKE_BODY_TOO_LARGE')
  assert.is(await codeOf('x'.repeat(1_000_000)), '413 INTAKE_BODY_TOO_LARGE')
  const large = await server.post(`{"n":1}\n{"x":"${'x'.repeat(5_000)}"}\n{"n":2}`)
  assert.equal([large.status, large.body.accepted], [207, 2])
  assert.equal(
    large.body.errors.map(({ index, code }) => [index, code]),
    [[1, 'RECORD_TOO_LARGE']],
  )
  lagSeconds = 90
  const held = await server.post('{}')
  assert.equal(
    [held.status, held.body.error?.code, held.headers.get('retry-after')],
    [429, 'INTAKE_PRESSURE', '30'],
  )
  lagSeconds = 0
  assert.is((await server.post('{}')).status, 200)
})

test('an Idempotency-Key counts once, in one process and in two that share Redis', async () => {
  const name = await topic()
  const settings = {
    'kafka.topics': name,
    'redis.url': redisAddress(),
    'redis.prefix': redisPrefix(),
  } as const
  const [one, other] = await Promise.all([startIntake(settings), startIntake(settings)])
  const key = { 'idempotency-key': 'order-4711' }
  const body = numbered('keyed', 3)
  const both = await Promise.all([one.post(body, key), one.post(body, key)])
  assert.equal(
    both.map(({ status }) => status),
    [200, 200],
  )
  // What is settled is in Redis a moment later; until then the other process says that it is busy.
  const again = await until(
    async () => {
      const answer = await other.post(body, key)
      return answer.status === 409 ? null : answer
    },
    { deadlineMs: 5_000, what: 'the key is settled' },
  )
  assert.equal(
    [again.status, again.headers.get('idempotency-replayed'), again.body.accepted],
    [200, 'true', 3],
  )
  const reused = await other.post(numbered('another', 1), key)
  assert.equal([reused.status, reused.body.error?.code], [422, 'INTAKE_KEY_REUSED'])
  assert.is((await one.post(numbered('last', 1))).status, 200)
  assert.is((await readTopic(name, 4)).length, 4)
})

test('Kafka stalls and comes back: 503, 429 when full, and each record once under its key', async () => {
  const kafka = await startKafka({ heapMiB: 512 })
  cleanUp(() => kafka.stop())
  const name = await topic({ brokers: kafka.address })
  const server = await startIntake({
    'kafka.brokers': kafka.address,
    'kafka.topics': name,
    'http.intake.ack_timeout': '500ms',
    'http.intake.max_body': '32KiB',
    'http.intake.in_flight': '64KiB',
  })
  // Connecting may take longer than this deadline.
  await until(async () => (await server.post('{"first":1}', { 'idempotency-key': 'first' })).status === 200, {
    deadlineMs: 15_000,
    what: 'the connection',
  })
  await kafka.kill('SIGSTOP')
  const body = numbered('stalled', 50)
  const [sent, waiting] = await Promise.all([
    server.post(body, { 'idempotency-key': 'a' }),
    server.post(numbered('waiting', 50), { 'idempotency-key': 'b' }),
  ])
  for (const { status, headers, body: answer } of [sent, waiting]) {
    assert.equal([status, headers.get('retry-after')], [503, '1'])
    assert.equal(
      [answer.error?.code, answer.accepted, answer.unacknowledged],
      ['INTAKE_UNACKNOWLEDGED', 0, 50],
    )
    assert.equal([answer.errors[49]?.index, answer.errors[49]?.code], [49, 'RECORD_UNACKNOWLEDGED'])
  }
  const filler = `{"x":"${'x'.repeat(30_000)}"}`
  const many = await Promise.all([1, 2, 3].map(() => server.post(filler)))
  const full = many.find(({ status }) => status === 429)
  assert.equal([full?.body.error?.code, full?.headers.get('retry-after')], ['INTAKE_FULL', '1'])
  await kafka.kill('SIGCONT')
  for (const key of ['a', 'b']) {
    const again = async () => {
      const text = key === 'a' ? body : numbered('waiting', 50)
      return (await server.post(text, { 'idempotency-key': key })).status === 200
    }
    await until(again, { deadlineMs: 20_000, what: `the records of ${key}` })
  }
  assert.is((await server.post('{"last":1}')).status, 200)
  const values = (await readTopic(name, 102, kafka.address)).map(({ value }) => value)
  const lost = values.filter(value => value.includes('stalled') || value.includes('waiting'))
  assert.equal([lost.length, new Set(lost).size], [100, 100])
})

test.run()
