/** What the intake promises, over a Kafka that the test answers for (src/intake/intake.ts and what it owns). */
import { gzipSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { compress } from '../../src/codecs/compress.ts'
import { PipelineError } from '../../src/errors.ts'
import { MOST_KEYS, Once } from '../../src/intake/once.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { FakeKafka, intakeOver, lines } from './fake-kafka.ts'

const test = suite('intake/intake', { timeoutMs: 10_000 })

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    error => (error instanceof PipelineError ? error.code : String(error)),
  )
const sentBatches = (kafka: FakeKafka, count: number) =>
  until(() => kafka.sent.length >= count, { deadlineMs: 5_000, what: `${count} batches`, everyMs: 1 })
const numbered = (count: number): string => Array.from({ length: count }, (_, n) => `{"n":${n}}`).join('\n')

test('acknowledged when Kafka has it; while a batch is in flight the next one gathers', async () => {
  const kafka = new FakeKafka()
  kafka.isWilling = false
  const intake = intakeOver(kafka)
  let isAnswered = false
  const first = intake.take(lines('{"a":1}')).finally(() => {
    isAnswered = true
  })
  await sentBatches(kafka, 1)
  const others = [intake.take(lines('{"b":1}\n{"b":2}')), intake.take(lines('{"c":1}'))]
  await until(() => intake.budget.usedBytes === 3 * 1_024 + 29 + 4 * 128, {
    deadlineMs: 1_000,
    what: 'all are read',
  })
  assert.is(kafka.sent.length, 1)
  assert.not(isAnswered)
  kafka.sent[0]!.acknowledge()
  assert.is((await first).accepted, 1)
  await sentBatches(kafka, 2)
  assert.equal(kafka.values, ['{"a":1}', '{"b":1}', '{"b":2}', '{"c":1}'])
  kafka.sent[1]!.acknowledge()
  assert.equal(
    (await Promise.all(others)).map(({ accepted }) => accepted),
    [2, 1],
  )
  assert.is(intake.budget.usedBytes, 0)
})

test('topic, keys and partitions', async () => {
  const kafka = new FakeKafka(3)
  const intake = intakeOver(kafka, { keyField: 'k' })
  assert.is((await intake.take(lines('{"k":"a"}\n{"k":5}\n{}', { topic: 'u' }))).topic, 'u')
  const keys = kafka.sent.flatMap(({ records }) => records.map(({ key }) => key))
  assert.equal(keys.sort(), ['5', 'a', null])
  await intake.take(lines('{"k":"a"}\n{"k":"b"}', { recordKey: Buffer.from('z') }))
  assert.equal(
    kafka.sent.at(-1)!.records.map(({ key }) => key),
    ['z', 'z'],
  )
  assert.is(await codeOf(intake.take(lines('{}', { topic: 'offsets' }))), 'INTAKE_TOPIC_UNKNOWN')
})

test('gzip and zstd; neither a bomb nor another encoding', async () => {
  const kafka = new FakeKafka()
  const intake = intakeOver(kafka)
  const send = (bytes: Buffer, encoding: string) =>
    intake.take(
      lines('', {
        encoding,
        body: (async function* () {
          yield bytes
        })(),
      }),
    )
  await send(gzipSync('{"a":1}'), 'gzip')
  await send(compress('zstd', Buffer.from('{"b":1}')), 'ZSTD')
  assert.equal(kafka.values, ['{"a":1}', '{"b":1}'])
  const bomb = Buffer.alloc(50_000_000, ' ')
  assert.is(await codeOf(send(gzipSync(bomb), 'gzip')), 'INTAKE_BODY_TOO_LARGE')
  assert.is(await codeOf(send(compress('zstd', bomb), 'zstd')), 'INTAKE_BODY_TOO_LARGE')
  assert.is(await codeOf(send(Buffer.alloc(100_001), '')), 'INTAKE_BODY_TOO_LARGE')
  assert.is(await codeOf(send(Buffer.from('no gzip'), 'gzip')), 'HTTP_REQUEST_INVALID')
  assert.is(await codeOf(send(Buffer.from('{}'), 'br')), 'INTAKE_UNSUPPORTED')
  assert.is(intake.budget.usedBytes, 0)
})

test('at the deadline what was not sent is withdrawn, and what was sent is held until Kafka speaks', async () => {
  const kafka = new FakeKafka()
  kafka.isWilling = false
  const intake = intakeOver(kafka, { ackTimeoutMs: 50, inFlightBytes: 10_000 })
  const sent = intake.take(lines('{"a":1}'))
  await sentBatches(kafka, 1)
  const waiting = intake.take(lines('{"b":1}\n{"b":2}'))
  assert.equal([(await sent).unacknowledged, (await waiting).unacknowledged], [[0], [0, 1]])
  const held = intake.budget.usedBytes
  assert.ok(held > 0 && held < 2_000, `only the first is held: ${held}`)
  const large = (): string => `{"x":"${'x'.repeat(9_000)}"}`
  assert.is(await codeOf(intake.take(lines(large()))), 'INTAKE_FULL')
  kafka.sent[0]!.acknowledge()
  await until(() => intake.budget.usedBytes === 0, { deadlineMs: 1_000, what: 'all is given back' })
  kafka.isWilling = true
  assert.is((await intake.take(lines('{"c":1}'))).accepted, 1)
  assert.equal(kafka.values, ['{"a":1}', '{"c":1}'])
})

test('high pressure is refused before the body is read', async () => {
  const kafka = new FakeKafka()
  const intake = intakeOver(kafka, { pressure: () => ({ isHigh: true, retryAfterSeconds: 17 }) })
  let isRead = false
  const body = (async function* () {
    isRead = true
    yield Buffer.from('{}')
  })()
  const error = await intake.take(lines('', { body })).catch(thrown => thrown)
  assert.equal([error.code, error.context.retryAfterSeconds, isRead], ['INTAKE_PRESSURE', 17, false])
})

test('a record too large for the topic is refused alone', async () => {
  const kafka = new FakeKafka()
  kafka.isWilling = false
  const intake = intakeOver(kafka)
  const taking = intake.take(lines(numbered(4)))
  for (let answered = 0; answered < 5; answered++) {
    await sentBatches(kafka, answered + 1)
    const { records, acknowledge, refuse } = kafka.sent[answered]!
    if (records.some(({ value }) => value === '{"n":2}')) refuse(10)
    else acknowledge()
  }
  const { accepted, refused } = await taking
  assert.is(accepted, 3)
  assert.equal(refused, [{ index: 2, code: 'RECORD_TOO_LARGE' }])
})

test('a broken way to a partition fails its batch only; the rest goes by a new connection', async () => {
  const kafka = new FakeKafka()
  kafka.isWilling = false
  const intake = intakeOver(kafka)
  const first = intake.take(lines('{"a":1}'))
  await sentBatches(kafka, 1)
  const second = intake.take(lines('{"b":1}'))
  await until(() => intake.budget.usedBytes === 2 * (1_024 + 7 + 128), {
    deadlineMs: 1_000,
    what: 'both are read',
  })
  kafka.isWilling = true
  kafka.sent[0]!.refuse(45)
  const failed = await first
  assert.equal([failed.unacknowledged, failed.failure], [[0], 'KAFKA_REQUEST_FAILED'])
  assert.equal([(await second).accepted, kafka.connections], [1, 2])
})

test('no way to Kafka: told at once, and tried again a second later', async () => {
  const kafka = new FakeKafka()
  kafka.trouble = new PipelineError('TOPIC_MISSING', { topic: 't' })
  const intake = intakeOver(kafka)
  assert.is((await intake.take(lines('{}'))).failure, 'TOPIC_MISSING')
  kafka.trouble = null
  const accepted = async () => (await intake.take(lines('{}'))).accepted === 1
  assert.not(await accepted())
  await until(accepted, { deadlineMs: 5_000, what: 'it is tried again' })
})

test('under one key a request counts once, also at the same time', async () => {
  const kafka = new FakeKafka()
  const intake = intakeOver(kafka)
  const keyed = (text: string) => intake.take(lines(text, { idempotencyKey: 'k' }))
  const outcomes = await Promise.all([keyed('{"a":1}'), keyed('{"a":1}'), keyed('{"a":1}')])
  assert.equal(
    outcomes.map(({ accepted, isRepetition }) => [accepted, isRepetition]),
    [
      [1, false],
      [1, true],
      [1, true],
    ],
  )
  assert.is(await codeOf(keyed('{"a":2}')), 'INTAKE_KEY_REUSED')
  assert.is((await intake.take(lines('{"a":2}', { idempotencyKey: 'k', caller: 'other' }))).accepted, 1)
  assert.is((await intake.take(lines('{"a":2}', { idempotencyKey: 'k', topic: 'u' }))).accepted, 1)
  assert.equal(kafka.values, ['{"a":1}', '{"a":2}', '{"a":2}'])
})

test('a repetition sends what was not acknowledged, and nothing while that may still arrive', async () => {
  const kafka = new FakeKafka()
  kafka.isWilling = false
  const intake = intakeOver(kafka, { ackTimeoutMs: 50 })
  const blocked = intake.take(lines('{"first":1}'))
  await sentBatches(kafka, 1)
  const keyed = () => intake.take(lines('{"a":1}', { idempotencyKey: 'k' }))
  assert.equal((await keyed()).unacknowledged, [0])
  await blocked
  kafka.sent[0]!.acknowledge()
  const sent = keyed()
  await sentBatches(kafka, 2)
  assert.equal((await sent).unacknowledged, [0])
  assert.is(await codeOf(keyed()), 'INTAKE_KEY_BUSY')
  kafka.sent[1]!.acknowledge()
  const { accepted, isRepetition } = await keyed()
  assert.equal([accepted, isRepetition], [1, true])
  assert.equal(kafka.values, ['{"first":1}', '{"a":1}'])
})

test('a key is forgotten after the window, and the oldest of too many first', async () => {
  let now = 0
  const once = new Once({ windowMs: 1_000, shared: null, now: () => now })
  const never = new Promise(() => undefined)
  const acknowledged = async (id: string, fingerprint = 'f') => {
    const turn = await once.begin(id, fingerprint, never)
    turn.finish('all')
    return turn.acknowledged
  }
  assert.equal([await acknowledged('a'), await acknowledged('a')], ['none', 'all'])
  now = 1_000
  assert.is(await acknowledged('a', 'another body'), 'none')
  for (let n = 0; n < MOST_KEYS; n++) await acknowledged(`n${n}`)
  assert.equal([await acknowledged('n0'), await acknowledged('a')], ['all', 'none'])
})

test('stopping takes nothing more, waits for Kafka and then gives up', async () => {
  const kafka = new FakeKafka()
  kafka.isWilling = false
  const intake = intakeOver(kafka)
  const taking = [intake.take(lines('{"a":1}')), intake.take(lines('{"b":1}', { topic: 'u' }))]
  await sentBatches(kafka, 2)
  const stopping = intake.stop(100)
  assert.is(await codeOf(intake.take(lines('{}'))), 'INTAKE_STOPPING')
  kafka.sent[0]!.acknowledge()
  await stopping
  const outcomes = await Promise.all(taking)
  assert.equal(
    outcomes.map(({ accepted }) => accepted),
    [1, 0],
  )
})

test.run()
