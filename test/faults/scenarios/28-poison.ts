/**
 * One record of every poison kind among good ones, uncompressed and gzipped, stored and dead-lettered: the neighbours
 * pass, and each poison is one row or one dead letter with the bytes that were produced.
 */
import { randomUUID } from 'node:crypto'
import { CompressionTypes, type Message } from 'kafkajs'
import * as assert from 'uvu/assert'
import { createKafkaClient, database, kafkaAddress, topic } from '../../support/services.ts'
import { type DeadLetter, readDeadLetters } from '../dead-letter.ts'
import { Instance } from '../instance.ts'
import { Observer } from '../observer.ts'
import { Oracle } from '../oracle.ts'
import { maxRecordBytes, type Poison, poisons } from '../poisons.ts'
import { Scenario } from '../scenario.ts'

const GOOD_BETWEEN = 3
const BATCH_RECORDS = 20
export const scenario = new Scenario({
  rows: [28],
  name: 'poison',
  what: 'every kind of poison among good records, uncompressed and gzipped',
  timeoutMs: 60_000,
})

interface Sent {
  readonly oracle: Oracle
  readonly topic: string
  /** By offset; null: a good record. */
  readonly poisons: ReadonlyMap<number, Poison>
}

/** With the partition named, kafkajs does not hash keys, which takes it minutes for a large one. */
const good = (n: number): Message => ({
  partition: 0,
  value: JSON.stringify({ service: 'neighbour', msg: `good ${n}`, id: `good-${n}` }),
})

/** Sends the poisons with good records around each, in Kafka batches of a few records. */
async function sendAll(compression: CompressionTypes): Promise<Sent> {
  const name = await topic({ settings: { 'max.message.bytes': '20000000' } })
  const messages: { message: Message; poison: Poison | null }[] = []
  for (const poison of [...poisons, null]) {
    for (let n = 0; n < GOOD_BETWEEN; n++) messages.push({ message: good(messages.length), poison: null })
    const { key = null, value, headers = {} } = poison ?? {}
    if (poison !== null)
      messages.push({ message: { partition: 0, key, value: value ?? null, headers: { ...headers } }, poison })
  }
  const oracle = new Oracle()
  const placed = new Map<number, Poison>()
  const producer = createKafkaClient().producer()
  await producer.connect()
  try {
    for (let at = 0; at < messages.length; at += BATCH_RECORDS) {
      const batch = messages.slice(at, at + BATCH_RECORDS)
      const [ack] = await producer.send({
        topic: name,
        compression,
        messages: batch.map(({ message }) => message),
      })
      const baseOffset = Number(ack?.baseOffset)
      const indexes = batch.map((_, n) => at + n)
      const idOf = (index: number) => (messages[index]!.poison === null ? `good-${index}` : null)
      oracle.add({ topic: name, partition: 0, baseOffset, count: batch.length, indexes }, idOf)
      for (const [n, { poison }] of batch.entries()) if (poison !== null) placed.set(baseOffset + n, poison)
    }
  } finally {
    await producer.disconnect()
  }
  return { oracle, topic: name, poisons: placed }
}

interface StoredRow {
  kafka_offset: string
  message: string | null
  attrs: object
  ts: Date
}

async function check(observer: Observer, sent: Sent, malformed: string, begin: number): Promise<void> {
  const rows = await observer.query<StoredRow>(
    'select kafka_offset, message, attrs, ts from logs join topics using (topic_id) where topic = $1',
    [sent.topic],
  )
  const rowAt = new Map(rows.map(row => [Number(row.kafka_offset), row]))
  const letters = await readDeadLetters(observer, sent.topic)
  const letterAt = new Map(letters.map(letter => [letter.offset, letter]))
  assert.is(sent.poisons.size, poisons.length)
  for (const [offset, poison] of sent.poisons) {
    const isDead = poison.outcome === 'dead' || (poison.outcome === 'raw' && malformed === 'dead_letter')
    const row = rowAt.get(offset)
    assert.is(row === undefined, isDead, `${poison.name} is a ${isDead ? 'dead letter' : 'row'}`)
    if (row === undefined) checkLetter(poison, letterAt.get(offset))
    else checkRow(poison, row, begin)
  }
}

function checkLetter(poison: Poison, letter: DeadLetter | undefined): void {
  assert.ok(letter, `${poison.name} is a dead letter`)
  assert.ok(same(letter.raw, poison.value), `${poison.name}: bytes`)
  assert.ok(same(letter.key, poison.key ?? null), `${poison.name}: key`)
  const headers = Object.entries(poison.headers ?? {})
  assert.is(letter.headers.length, headers.length, `${poison.name}: headers`)
  assert.is(letter.code, 'parse_refused')
  assert.match(letter.reason, /^[\x20-\x7e]+$/)
}

const same = (a: Buffer | null, b: Buffer | null): boolean =>
  a === null || b === null ? a === b : a.equals(b)

function checkRow(poison: Poison, row: StoredRow, begin: number): void {
  if (poison.message !== undefined) assert.is(row.message, poison.message, `${poison.name}: message`)
  assert.ok(row.ts.getTime() >= begin && row.ts.getTime() <= Date.now(), `${poison.name}: Kafka's time`)
  for (const [name, value] of Object.entries(poison.attrs ?? {}))
    assert.equal((row.attrs as Record<string, unknown>)[name], value, `${poison.name}: ${name}`)
}

for (const malformed of ['store', 'dead_letter']) {
  scenario.case(`parse.malformed=${malformed}`, async context => {
    const begin = Date.now() - 1_000
    const url = await database()
    const sent = [await sendAll(CompressionTypes.None), await sendAll(CompressionTypes.GZIP)]
    context.injected(2 * poisons.length)
    const instance = new Instance({
      'kafka.brokers': kafkaAddress(),
      'kafka.topics': sent.map(each => each.topic).join(','),
      'kafka.group_id': `poison-${randomUUID()}`,
      'kafka.fetch_wait': '50ms',
      'postgres.url': url,
      'parse.malformed': malformed,
      'parse.keys': 'true',
      'parse.headers': 'true',
      'limits.max_record_bytes': String(maxRecordBytes),
    })
    for (const each of sent) {
      const observer = new Observer(url, each.topic)
      await instance.during(observer.caughtUp(each.oracle, 30_000))
      await check(observer, each, malformed, begin)
      await instance.ready()
    }
    for (const each of sent) await context.judge(url, each.oracle, each.topic)
  })
}
