/**
 * Rows that only Postgres refuses: a CHECK and an index of the test's own in the table logs. The first of them stands
 * at the head of a transaction of more than 30 MB, many follow; then a constraint that refuses everything.
 */
import * as assert from 'uvu/assert'
import { produce } from '../../../src/produce/produce.ts'
import { Random } from '../../../src/produce/random.ts'
import { kafkaAddress } from '../../support/services.ts'
import { until } from '../../support/wait.ts'
import { readDeadLetters } from '../dead-letter.ts'
import type { Flow } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { createNumberedSource, type NumberedRecord } from '../numbered-source.ts'
import { Scenario } from '../scenario.ts'

const MIB = 2 ** 20
const LARGE_BYTES = 30 * MIB
/** More than one transaction of sink.transaction_bytes, so that the first one is full. */
const BACKLOG_RECORDS = 45_000
const RECORD_BYTES = 1_000
const REFUSED_EVERY = 250
/** A btree takes 2,704 bytes of a value, after compression. */
const INDEX_TOO_LONG_BYTES = 6_000
const HEADERS = { origin: 'test', 'content-type': 'application/json' }
export const scenario = new Scenario({
  rows: [28],
  name: 'refused-rows',
  what: 'rows that only Postgres refuses, at the head of a large transaction and everywhere',
  timeoutMs: 120_000,
})

/** One writer and an arena in which a transaction of 40 MiB fits. */
const settings = {
  'postgres.writers': '1',
  'memory.arena': '256MiB',
  'sink.transaction_bytes': '40MiB',
  'log.level': 'debug',
} as const

type Refusal = 'check' | 'index'

/** Record n says by its number what becomes of it: `from` itself and every 250th after it are refused. */
function recordOf(n: number, refusedFrom: number): NumberedRecord & { readonly refusal: Refusal | null } {
  const isRefused = n >= refusedFrom && (n - refusedFrom) % REFUSED_EVERY === 0
  const isIndex = isRefused && ((n - refusedFrom) / REFUSED_EVERY) % 2 === 1
  const refusal = isRefused ? (isIndex ? 'index' : 'check') : null
  const filler = noise(n, isIndex ? INDEX_TOO_LONG_BYTES : RECORD_BYTES)
  const msg = isIndex ? filler : `record ${n}`
  const more = isIndex ? '' : filler
  const service = refusal === 'check' ? 'forbidden' : 'allowed'
  const value = JSON.stringify({
    ts: new Date().toISOString().slice(0, 10),
    service,
    id: `n-${n}`,
    msg,
    more,
  })
  return { key: Buffer.from(`key-${n}`), value: Buffer.from(value), refusal }
}

/** Text that no compression makes shorter, the same for the same number. */
function noise(n: number, bytes: number): string {
  const random = new Random(n)
  const words = Uint32Array.from({ length: Math.ceil((bytes * 3) / 16) }, () => random.bits())
  return Buffer.from(words.buffer).toString('base64').slice(0, bytes)
}

/** A flow of numbered records into one partition. */
class Numbered {
  readonly flow: Flow
  readonly refusedFrom: number
  private produced = 0

  constructor(flow: Flow, refusedFrom: number) {
    this.flow = flow
    this.refusedFrom = refusedFrom
  }

  async produce(records: number): Promise<void> {
    const { flow, produced: from } = this
    this.produced += records
    await produce({
      brokers: kafkaAddress().split(','),
      topic: flow.topic,
      source: createNumberedSource(n => recordOf(n, this.refusedFrom), from, from + records),
      headers: HEADERS,
      onAck: ack => flow.oracle.add(ack, index => `n-${from + index}`),
    })
  }

  /** Locks the table, lets one record run into the lock and the backlog pile up behind it, and unlocks. */
  async pileUp(instance: Instance, backlog: number): Promise<void> {
    const { observer } = this.flow
    await observer.query('begin')
    await observer.query('lock table logs in access exclusive mode')
    await this.produce(1)
    const isBlocked = async () =>
      (await observer.query('select 1 as one from pg_locks where not granted limit 1')).length > 0
    await instance.during(until(isBlocked, { deadlineMs: 20_000, what: 'a blocked COPY' }))
    await this.produce(backlog)
    const isLarge = async () => (await instance.metric('writer_in_flight_bytes')) > LARGE_BYTES
    await instance.during(until(isLarge, { deadlineMs: 30_000, what: 'a backlog in the writer' }))
    await observer.query('commit')
    await instance.during(this.flow.caughtUp())
  }
}

const largestCommit = (instance: Instance): number =>
  Math.max(...instance.events('sink:transaction:committed').map(({ bytes }) => Number(bytes)))

scenario.case(
  'at the head of a large transaction and scattered: each is a dead letter, all others are rows',
  async context => {
    const flow = await context.flow({ partitions: 1, settings })
    const { observer } = flow
    await observer.query(`alter table logs add constraint no_forbidden check (service <> 'forbidden')`)
    await observer.query('create index on logs (message)')
    const control = BACKLOG_RECORDS + 1
    const numbered = new Numbered(flow, control + 1)
    const instance = flow.start()
    await instance.ready()
    await numbered.pileUp(instance, BACKLOG_RECORDS)
    assert.ok(
      largestCommit(instance) >= LARGE_BYTES,
      `${largestCommit(instance)} bytes were the largest COPY`,
    )
    // The same again, and now the first row of the large transaction is refused.
    await numbered.pileUp(instance, BACKLOG_RECORDS)
    const refusals = instance.events('sink:row:refused')
    assert.is(refusals[0]?.offset, control + 1, 'the first refused row is the first of the backlog')
    await instance.ready()
    await flow.assertExactlyOnce()

    const letters = await readDeadLetters(observer, flow.topic)
    assert.is(letters.length, Math.ceil(BACKLOG_RECORDS / REFUSED_EVERY))
    context.injected(letters.length)
    for (const letter of letters) {
      const { key, value, refusal } = recordOf(letter.offset, numbered.refusedFrom)
      assert.is(letter.code, 'row_refused')
      assert.ok(letter.raw?.equals(value), `bytes of ${letter.offset}`)
      assert.ok(key !== null && letter.key?.equals(key), `key of ${letter.offset}`)
      assert.equal(Object.fromEntries(letter.headers.map(([name, text]) => [name, String(text)])), HEADERS)
      assert.is(letter.sqlstate, refusal === 'check' ? '23514' : '54000')
      assert.match(letter.reason, refusal === 'check' ? /no_forbidden/ : /index row/)
    }
  },
)

scenario.case('every row: the partition halts, and goes on when the constraint is mended', async context => {
  const flow = await context.flow({ partitions: 1 })
  const { observer } = flow
  await observer.query('alter table logs add constraint nothing check (severity < 0)')
  const numbered = new Numbered(flow, Number.POSITIVE_INFINITY)
  await numbered.produce(2_000)
  const instance = flow.start()
  const isHalted = () => instance.events('source:partition:halted')[0]
  const halt = await instance.during(until(isHalted, { deadlineMs: 40_000, what: 'a halted partition' }))
  assert.is(halt.code, 'REFUSALS_SYSTEMATIC')
  const { ready, reasons } = await instance.readiness()
  assert.not(ready)
  assert.match(reasons.join('\n'), /is halted: Postgres refuses so many rows/)
  assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
  const dead = (await readDeadLetters(observer, flow.topic)).length
  assert.ok(dead >= 90 && dead <= 110, `${dead} dead letters before it halted`)
  assert.is(await observer.committed(), dead, 'the position stands behind the last dead letter')

  await observer.query('alter table logs drop constraint nothing')
  context.injected(dead)
  await flow.start().during(flow.caughtUp())
  await flow.assertExactlyOnce()
  assert.is((await readDeadLetters(observer, flow.topic)).length, dead)
})
