/**
 * Transactions, as a broker hands them out under read_committed: records of aborted ones are passed, all others become
 * rows, however transactions overlap, wherever a fetch or a task begins, and whatever the codec.
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { runs } from '../kernel/arbitraries.ts'
import { type AbortedEntry, createBench } from '../kernel/harness.ts'
import { encodeBatch, marker, type TestBatch, TRANSACTIONAL } from '../reference/kafka-batch.ts'
import '../support/decoders.ts'
import { suite } from '../support/suite.ts'

const test = suite('parse: aborted', { timeoutMs: 60_000 })
const bench = createBench()

/** What producers did, in the order of the log. */
interface Step {
  readonly producer: number
  readonly act: 'write' | 'commit' | 'abort' | 'plain'
  readonly records: number
  readonly codec: number
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  producer: fc.nat({ max: 2 }),
  act: fc.constantFrom('write', 'write', 'commit', 'abort', 'plain'),
  records: fc.integer({ min: 1, max: 3 }),
  codec: fc.nat({ max: 4 }),
})

/** Without them some transaction is open nearly always, early in the log, and holds back the rest of it. */
const commits: readonly Step[] = [0, 1, 2].map(producer => ({
  producer,
  act: 'commit',
  records: 1,
  codec: 0,
}))

interface Transaction {
  readonly producerId: bigint
  readonly first: number
  readonly offsets: number[]
  /** Of its marker; null: open. */
  end: number | null
  isAborted: boolean
}

/** The log of the steps, up to its last stable offset. */
class Log {
  readonly batches: TestBatch[] = []
  readonly transactions: Transaction[] = []
  private readonly plain: number[] = []
  private next = 0

  constructor(steps: readonly Step[]) {
    const open = new Map<number, Transaction>()
    for (const { producer, act, records, codec } of steps) {
      const producerId = 1000n + BigInt(producer)
      const present = open.get(producer)
      if (act === 'plain') this.plain.push(...this.write(records, codec, -1n))
      else if (act === 'write') {
        const first = this.next
        const offsets = this.write(records, codec | TRANSACTIONAL, producerId)
        if (present) present.offsets.push(...offsets)
        else open.set(producer, { producerId, first, offsets, end: null, isAborted: false })
      } else if (present) {
        open.delete(producer)
        present.end = this.next
        present.isAborted = act === 'abort'
        this.transactions.push(present)
        this.batches.push(marker(producerId, act === 'commit', this.next++))
      }
    }
    const stable = Math.min(this.next, ...[...open.values()].map(({ first }) => first))
    this.batches = this.batches.filter(({ baseOffset }) => baseOffset! < stable)
  }

  private write(count: number, attributes: number, producerId: bigint): number[] {
    const baseOffset = this.next
    const offsets = Array.from({ length: count }, (_, n) => baseOffset + n)
    const records = offsets.map(offset => ({ value: `{"n":${offset}}` }))
    this.batches.push({ records, baseOffset, attributes, producerId })
    this.next += count
    return offsets
  }

  /** As UnifiedLog.collectAbortedTransactions: all that overlap [from, to), in no order that matters. */
  aborted(from: number, to: number): AbortedEntry[] {
    return this.transactions
      .filter(({ isAborted, first, end }) => isAborted && first < to && end! >= from)
      .map(({ producerId, first }) => [producerId, first] as const)
  }

  get readable(): number[] {
    const end = this.batches.reduce((_, batch) => batch.baseOffset! + batch.records.length, 0)
    const committed = this.transactions.filter(({ isAborted }) => !isAborted)
    return [...this.plain, ...committed.flatMap(({ offsets }) => offsets)]
      .filter(offset => offset < end)
      .sort((a, b) => a - b)
  }
}

const endOf = ({ baseOffset, records }: TestBatch): number => baseOffset! + records.length
const concat = (batches: readonly TestBatch[]): Buffer => Buffer.concat(batches.map(encodeBatch))

test('any transactions, in fetches of any number of batches, from any offset on', () => {
  fc.assert(
    fc.property(
      fc.array(anyStep, { minLength: 1, maxLength: 60, size: 'max' }),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
      (steps, areEnded, sizes, cuts) => {
        const log = new Log(areEnded ? [...steps, ...commits] : steps)
        const stored: number[] = []
        let skipped = 0
        let position = 0
        for (let fetch = 0, at = 0; at < log.batches.length; fetch++) {
          const batches = log.batches.slice(at, at + sizes[fetch % sizes.length]!)
          at += batches.length
          const end = endOf(batches.at(-1)!)
          const list = log.aborted(position, end).reverse()
          // Two tasks over the same input: the second begins where the first was stopped, also inside of a batch.
          const cut = position + (cuts[fetch % cuts.length]! % (end - position + 1))
          for (const toOffset of [cut, end]) {
            if (toOffset === position) continue
            const { result, rows } = bench.parse(concat(batches), { fromOffset: position, toOffset }, list)
            assert.equal([result.stop, result.nextOffset], [null, toOffset])
            stored.push(...rows.map(row => row.offset))
            skipped += result.skipped
            position = toOffset
          }
        }
        assert.equal(stored, log.readable)
        assert.is(skipped, position - stored.length)
      },
    ),
    runs(1000),
  )
})

const written = (baseOffset: number, producerId: bigint): TestBatch => ({
  records: [{ value: '{}' }, { value: '{}' }],
  baseOffset,
  attributes: TRANSACTIONAL,
  producerId,
})
const offsets = (batches: readonly TestBatch[], aborted: readonly AbortedEntry[], fromOffset = 0): number[] =>
  bench.parse(concat(batches), { fromOffset }, aborted).rows.map(({ offset }) => offset)

test('a marker in a later fetch: the list of each fetch is enough', () => {
  assert.equal(offsets([written(0, 7n)], [[7n, 0]]), [])
  assert.equal(offsets([written(2, 7n), marker(7n, false, 4), written(5, 7n)], [[7n, 0]], 2), [5, 6])
})

test('one transaction after the other of one producer, aborted, committed, aborted', () => {
  const log = [
    written(0, 7n),
    marker(7n, false, 2),
    written(3, 7n),
    marker(7n, true, 5),
    written(6, 7n),
    marker(7n, false, 8),
  ]
  assert.equal(
    offsets(log, [
      [7n, 6],
      [7n, 0],
    ]),
    [3, 4],
  )
})

test('a task that begins behind the marker of an aborted transaction knows that it ended', () => {
  const log = [written(0, 7n), marker(7n, false, 2), written(3, 7n), marker(7n, true, 5)]
  assert.equal(offsets(log, [[7n, 0]], 3), [3, 4])
})

test('a commit marker ends no aborted transaction of another producer', () => {
  assert.equal(
    offsets([written(0, 7n), written(2, 8n), marker(8n, true, 4), written(5, 7n)], [[7n, 0]]),
    [2, 3],
  )
})

test('a record whose key looks like a marker is a record', () => {
  const likeAbort = { ...written(2, 7n), records: [{ key: Buffer.alloc(4), value: '{}' }] }
  assert.equal(offsets([written(0, 7n), likeAbort, written(3, 7n)], [[7n, 0]]), [])
})

test('an aborted batch is checked like any other', () => {
  const input = concat([written(0, 7n)])
  input[input.length - 1]! ^= 1
  const { result } = bench.parse(input, {}, [[7n, 0]])
  assert.equal([result.stop, result.nextOffset], ['corrupt', 0])
})

test.run()
