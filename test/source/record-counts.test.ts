/** Records counted by the headers of Kafka batches: borders inside batches, compaction, transactions, logs that move. */
import * as assert from 'uvu/assert'
import type { FetchPlan } from '../../src/source/kafka/fetch-request.ts'
import type { FrameTarget } from '../../src/source/kafka/frames.ts'
import { countRecords, type RecordCounts } from '../../src/source/kafka/record-counts.ts'
import { encodeBatch, GZIP, marker, type TestBatch, TRANSACTIONAL, ZSTD } from '../reference/kafka-batch.ts'
import '../support/decoders.ts'
import { suite } from '../support/suite.ts'

const test = suite('source: record counts')

const OUT_OF_RANGE = 1
const int = (bytes: 2 | 4 | 8, value: number): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeBigInt64BE(BigInt(value))
  return buffer.subarray(8 - bytes)
}

interface Log {
  readonly batches: readonly TestBatch[]
  readonly aborted?: readonly (readonly [number, number])[]
  start?: number
  readonly end: number
  /** In one answer. */
  readonly most?: number
}

const endOf = ({ baseOffset = 0, lastOffsetDelta, records }: TestBatch): number =>
  baseOffset + (lastOffsetDelta ?? records.at(-1)?.offsetDelta ?? records.length - 1) + 1

/** A broker that answers from a log made by hand; `onFetch` may change it. */
function brokerOf(log: Log, onFetch: (offset: number) => void = () => undefined) {
  const fetched: number[] = []
  return {
    fetched,
    leaderOf: () => 1,
    refreshMetadata: async () => undefined,
    logStarts: async () => new Map([[0, log.start ?? 0]]),
    fetch: async (_: number, { partitions }: FetchPlan, target: FrameTarget) => {
      const { offset } = partitions[0]!
      fetched.push(offset)
      onFetch(offset)
      const isIn = offset >= (log.start ?? 0) && offset <= log.end
      const due = log.batches.filter(batch => endOf(batch) > offset).slice(0, log.most ?? 100)
      const records = isIn ? Buffer.concat(due.map(encodeBatch)) : Buffer.alloc(0)
      const aborted = (log.aborted ?? []).flatMap(([producer, first]) => [int(8, producer), int(8, first)])
      const frame = Buffer.concat([
        ...[int(4, 0), int(2, 0), int(4, 0), int(4, 1), int(2, 1), Buffer.from('t'), int(4, 1), int(4, 0)],
        ...[int(2, isIn ? 0 : OUT_OF_RANGE), int(8, log.end), int(8, log.end), int(8, log.start ?? 0)],
        ...[int(4, log.aborted?.length ?? 0), ...aborted, int(4, -1), int(4, records.length), records],
      ])
      target.place(frame.length)!.set(frame)
    },
  }
}

const batch = (baseOffset: number, count: number, more: Partial<TestBatch> = {}): TestBatch => ({
  baseOffset,
  records: Array.from({ length: count }, (_, n) => ({ value: `r${n}` })),
  ...more,
})

/** Compaction left these offsets of a batch. */
const compacted = (
  baseOffset: number,
  deltas: readonly number[],
  lastOffsetDelta: number,
  attributes = 0,
): TestBatch => ({
  baseOffset,
  lastOffsetDelta,
  attributes,
  records: deltas.map(offsetDelta => ({ value: 'r', offsetDelta })),
})

const count = (
  broker: ReturnType<typeof brokerOf>,
  borders: readonly number[],
  logStart = 0,
): Promise<RecordCounts> => {
  const ranges = borders.slice(1).map((nextOffset, n) => ({ firstOffset: borders[n]!, nextOffset }))
  return countRecords(broker, { topic: 't', partition: 0, ranges, logStart })
}

test('batches over several answers, borders between them and inside', async () => {
  const broker = brokerOf({
    batches: [batch(0, 10), batch(10, 5, { attributes: GZIP }), batch(15, 5)],
    end: 20,
    most: 1,
  })
  assert.equal(await count(broker, [0, 4, 12, 15, 18]), { records: [4, 8, 3, 3], from: 0, to: 18 })
  assert.equal(broker.fetched, [0, 10, 15])
})

test('a batch with holes is decoded where a border lies inside it', async () => {
  for (const attributes of [0, GZIP, ZSTD]) {
    const batches = [
      compacted(0, [1, 4, 5], 9, attributes),
      compacted(20, [], 4),
      compacted(25, [0, 2], 2, attributes),
    ]
    const broker = brokerOf({ batches, end: 28 })
    assert.equal((await count(broker, [0, 5, 10, 26, 28])).records, [2, 1, 1, 1])
  }
})

test('markers and aborted transactions are no records, whoever else writes in between', async () => {
  const of = (producerId: number, baseOffset: number): TestBatch =>
    batch(baseOffset, 2, { attributes: TRANSACTIONAL, producerId: BigInt(producerId) })
  const batches = [
    ...[of(7, 0), of(8, 2), batch(4, 1), of(7, 5), marker(7n, false, 7), of(7, 8), marker(8n, true, 10)],
    ...[marker(7n, true, 11), of(8, 12), marker(8n, false, 14), batch(15, 1)],
  ]
  const aborted = [
    [8, 12],
    [7, 0],
  ] as const
  const borders = Array.from({ length: 17 }, (_, offset) => offset)
  const expected = [0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1]
  for (const most of [100, 3])
    assert.equal((await count(brokerOf({ batches, aborted, end: 16, most }), borders)).records, expected)
})

test('what lies below the start of the log is not asked for, also when it moves meanwhile', async () => {
  const batches = [batch(0, 10), batch(10, 10), batch(20, 10)]
  const known = brokerOf({ batches, start: 12, end: 30 })
  assert.equal(await count(known, [0, 10, 20, 30], 12), { records: [0, 10, 10], from: 12, to: 30 })
  assert.equal(known.fetched, [12])
  const log: Log = { batches, end: 30, most: 1 }
  const moving = brokerOf(log, offset => {
    if (offset === 10) log.start = 20
  })
  assert.equal(await count(moving, [0, 10, 20, 30]), { records: [10, 0, 10], from: 20, to: 30 })
})

test('the end of the log ends the count', async () => {
  const broker = brokerOf({ batches: [batch(0, 10)], end: 10 })
  assert.equal(await count(broker, [0, 5, 20]), { records: [5, 5], from: 0, to: 10 })
  assert.equal(await count(broker, [15, 20]), { records: [0], from: 15, to: 15 })
})

test('a batch that cannot be is an error that says where', async () => {
  const codeOf = (batches: readonly TestBatch[]): Promise<unknown> =>
    count(brokerOf({ batches, end: 30 }), [0, 30]).catch(error => [error.code, error.context])
  const context = { topic: 't', partition: 0, offset: 10 }
  assert.equal(await codeOf([batch(0, 10), batch(10, 5, { magic: 1 })]), ['KAFKA_BATCH_UNSUPPORTED', context])
  assert.equal(await codeOf([batch(0, 10), batch(10, 5, { recordCount: 7 })]), [
    'KAFKA_BATCH_CORRUPT',
    context,
  ])
})

test.run()
