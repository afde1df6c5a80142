/**
 * Transactions of real producers: under read_committed the rows are those of committed transactions, each once, and
 * the position passes everything else, but never the last stable offset.
 */
import { randomUUID } from 'node:crypto'
import { CompressionTypes, type Producer, type Transaction } from 'kafkajs'
import * as assert from 'uvu/assert'
import { lagOf } from '../../../src/snapshot.ts'
import type { VerifyReport } from '../../../src/store/verify/index.ts'
import { type InProcess, startEngine } from '../../integration/in-process.ts'
import { cli } from '../../support/cli.ts'
import { createKafkaClient, database, kafkaAddress, topic } from '../../support/services.ts'
import { cleanUp } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'
import type { Context } from '../context.ts'
import { Observer } from '../observer.ts'
import { Oracle } from '../oracle.ts'
import { Scenario } from '../scenario.ts'

export const scenario = new Scenario({
  rows: [17],
  name: 'transactions',
  what: 'producers with transactions: aborted, overlapping, longer than a fetch, open for long, an end without records',
  timeoutMs: 60_000,
})
const DEADLINE_MS = 20_000

async function producer(options: { transactionalId?: string } = {}): Promise<Producer> {
  const made = createKafkaClient().producer({ idempotent: true, maxInFlightRequests: 1, ...options })
  await made.connect()
  cleanUp(() => made.disconnect())
  return made
}

const transactional = (): Promise<Producer> => producer({ transactionalId: `tx-${randomUUID()}` })

/** A topic, its database, and what ought to become rows. */
class Stage {
  readonly name: string
  readonly url: string
  readonly observer: Observer
  readonly group = `transactions-${randomUUID()}`
  private readonly expected: string[] = []
  private readonly pending = new Map<object, (() => void)[]>()
  private readonly oracle = new Oracle()
  private readonly context: Context
  private sent = 0
  private markers = 0

  private constructor(name: string, url: string, context: Context) {
    this.context = context
    this.name = name
    this.url = url
    this.observer = new Observer(url, name)
  }

  static async make(context: Context, settings: Readonly<Record<string, string>> = {}): Promise<Stage> {
    return new Stage(await topic({ settings }), await database(), context)
  }

  engine(settings: Parameters<typeof startEngine>[0] = {}, onFetch: () => void = () => undefined): InProcess {
    return startEngine(
      { 'kafka.topics': this.name, 'kafka.group_id': this.group, 'postgres.url': this.url, ...settings },
      { listener: name => (name === 'source:fetch:completed' ? onFetch() : undefined) },
    )
  }

  /** One batch; of a transaction it is expected when that is committed. */
  async send(to: Transaction | Producer, records = 1, compression = CompressionTypes.None): Promise<void> {
    const places = Array.from({ length: records }, () => `r${this.sent++}`)
    const messages = places.map(id => ({ value: JSON.stringify({ id, msg: 'x'.repeat(500) }) }))
    const [ack] = await to.send({ topic: this.name, messages, compression })
    const indexes = places.map((_, n) => n)
    const batch = {
      topic: this.name,
      partition: 0,
      baseOffset: Number(ack?.baseOffset),
      count: records,
      indexes,
    }
    const expect = () => {
      this.expected.push(...places)
      this.oracle.add(batch, n => places[n]!)
    }
    if ('commit' in to) this.pending.set(to, [...(this.pending.get(to) ?? []), expect])
    else expect()
  }

  /** The brokers write the markers later; caughtUp waits for them. */
  async abort(transaction: Transaction): Promise<void> {
    await transaction.abort()
    this.context.injected()
    this.markers += 1
  }

  async commit(transaction: Transaction): Promise<void> {
    await transaction.commit()
    this.markers += 1
    for (const expect of this.pending.get(transaction) ?? []) expect()
  }

  /** Where the topic ends: behind all records and markers. */
  get end(): number {
    return this.sent + this.markers
  }

  /** Waits until the position is at the end. */
  async caughtUp({ engine }: InProcess): Promise<void> {
    const isThere = () => engine.snapshot().partitions[0]?.committed === this.end
    await until(isThere, { deadlineMs: DEADLINE_MS, what: `the position is ${this.end}` })
  }

  async stored(): Promise<string[]> {
    const rows = await this.observer.query<{ id: string }>("select attrs ->> 'id' as id from logs")
    return rows.map(({ id }) => id).sort()
  }

  /** Exactly the committed ones, and the ledger says where the others are. */
  async judge(): Promise<void> {
    const stored = await this.stored()
    const expected = [...this.expected].sort()
    const missing = expected.filter(id => !stored.includes(id))
    const surplus = stored.filter(id => !expected.includes(id))
    assert.equal(
      stored,
      expected,
      `rows that are missing: ${missing.join(', ') || 'none'}; of no committed transaction: ${surplus.join(', ') || 'none'}`,
    )
    const [sums] = await this.observer.query<{ skipped: number; dead: number; next: number }>(
      `select sum(skipped)::int as skipped, sum(dead)::int as dead, max(next_offset)::int as next from ingest_ledger`,
    )
    const next = this.end
    assert.equal(sums, { skipped: next - stored.length, dead: 0, next })
    assert.ok(sums!.skipped > 0)
    // The end of the log is behind markers.
    await this.context.judge(this.url, this.oracle, this.name, { isAtEnd: false })
    await this.askTheBrokers()
  }

  /** By headers and markers alone they must come to the same number of records as the workers did. */
  private async askTheBrokers(): Promise<void> {
    const settings = {
      'kafka.brokers': kafkaAddress(),
      'kafka.topics': this.name,
      'kafka.group_id': this.group,
      'postgres.url': this.url,
    }
    const flags = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
    const { code, note, out } = await cli('verify', '--kafka', '--full', '--json', ...flags)
    assert.is(code, 0, `${note}${out}`)
    const { checks } = JSON.parse(out) as VerifyReport
    assert.is(checks.at(-1)!.checked, this.expected.length)
  }
}

scenario.case(
  'committed, aborted and interleaved transactions, and an end without records',
  async context => {
    const stage = await Stage.make(context)
    const [a, b, plain] = [await transactional(), await transactional(), await producer()]
    const [first, second] = [await a.transaction(), await b.transaction()]
    await stage.send(first, 3, CompressionTypes.GZIP)
    await stage.send(second, 2)
    await stage.send(plain, 2)
    await stage.send(first, 1)
    await stage.abort(second)
    const third = await b.transaction()
    await stage.send(third, 2, CompressionTypes.GZIP)
    await stage.commit(first)
    await stage.commit(third)
    const engine = stage.engine()
    await stage.caughtUp(engine)
    await stage.judge()
    // Nothing but control records and what is passed comes now: the position moves on all the same.
    const last = await a.transaction()
    await stage.send(last, 4, CompressionTypes.GZIP)
    await stage.abort(last)
    await stage.caughtUp(engine)
    await stage.judge()
    assert.is(lagOf(engine.engine.snapshot().partitions[0]!), 0)
  },
)

for (const codec of ['uncompressed', 'zstd', 'snappy']) {
  scenario.case(`aborted transactions longer than a fetch, through a restart, ${codec}`, async context => {
    const stage = await Stage.make(context, { 'compression.type': codec })
    const [a, b, c] = [await transactional(), await transactional(), await transactional()]
    const [bad, worse, good] = [await a.transaction(), await b.transaction(), await c.transaction()]
    for (let round = 0; round < 12; round++) {
      await stage.send(bad, 15)
      await stage.send(good, 2)
      await stage.send(worse, 15)
    }
    await stage.abort(worse)
    await stage.send(good, 5)
    await stage.commit(good)
    await stage.abort(bad)
    const after = await a.transaction()
    await stage.send(after, 3)
    await stage.commit(after)
    const settings = { 'kafka.partition_fetch_bytes': '16KiB' }
    const before = stage.engine(settings)
    const isUnderWay = () => (before.engine.snapshot().partitions[0]?.committed ?? 0) > 60
    await until(isUnderWay, { deadlineMs: DEADLINE_MS, everyMs: 1, what: 'some of it is stored' })
    await before.stop()
    await stage.caughtUp(stage.engine(settings))
    await stage.judge()
  })
}

scenario.case('an open transaction holds everything behind it, until it ends', async context => {
  const stage = await Stage.make(context)
  const [a, plain] = [await transactional(), await producer()]
  await stage.send(plain, 3)
  let fetches = 0
  const engine = stage.engine({}, () => fetches++)
  await stage.caughtUp(engine)
  for (const isCommitted of [true, false]) {
    const held = stage.end
    const open = await a.transaction()
    await stage.send(open, 2)
    await stage.send(plain, 4)
    const seen = fetches
    await until(() => fetches >= seen + 4, { deadlineMs: DEADLINE_MS, what: 'four more fetches' })
    const [partition] = engine.engine.snapshot().partitions
    assert.equal([partition!.committed, partition!.fetched], [held, held])
    assert.equal([lagOf(partition!), partition!.lastStable], [0, held])
    assert.ok(partition!.highWatermark >= held + 6, 'the metrics say that something is held back')
    assert.is((await stage.stored()).length, isCommitted ? 3 : 9)
    if (isCommitted) await stage.commit(open)
    else await stage.abort(open)
    await stage.caughtUp(engine)
  }
  await stage.judge()
})

scenario.case(
  'read_uncommitted stores all records as they come, aborted and open ones too',
  async context => {
    const stage = await Stage.make(context)
    const [a, b] = [await transactional(), await transactional()]
    const [aborted, open] = [await a.transaction(), await b.transaction()]
    await stage.send(aborted, 2)
    await stage.abort(aborted)
    await stage.send(open, 3)
    stage.engine({ 'kafka.isolation': 'read_uncommitted' })
    const areStored = async () => (await stage.stored()).length === 5
    await until(areStored, { deadlineMs: DEADLINE_MS, what: 'five rows' })
    assert.equal(await stage.stored(), ['r0', 'r1', 'r2', 'r3', 'r4'])
    await stage.abort(open)
  },
)
