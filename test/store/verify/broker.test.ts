/** The rules of verify --kafka over figures made by hand: what is a finding, what is said in words, what is all right. */
import * as assert from 'uvu/assert'
import { BrokerComparison, type LedgerRange, type StoredPartition } from '../../../src/store/verify/broker.ts'
import { suite } from '../../support/suite.ts'

const test = suite('store: verify against the broker')

const stored: StoredPartition = {
  topic: 't',
  topicId: 1,
  kafkaTopicId: 'id-1',
  partition: 0,
  nextOffset: 100,
  isOurs: true,
  isLatest: true,
  lower: 0,
}
const range = (
  firstOffset: number,
  nextOffset: number,
  records = nextOffset - firstOffset,
  gap = 0,
): LedgerRange => ({
  firstOffset,
  nextOffset,
  records,
  gap,
})

interface Outcome {
  readonly findings: readonly string[]
  readonly notes: readonly string[]
  readonly checked: number
}

function compare(
  ranges: readonly LedgerRange[],
  records: readonly number[],
  { from = 0, to = 1_000_000, isCompacted = false } = {},
): Outcome {
  const comparison = new BrokerComparison()
  comparison.ranges(stored, ranges, { records, from, to }, isCompacted)
  const { findings, notes, checked } = comparison.checks()[2]!
  return { findings, notes: notes ?? [], checked }
}

test('as many on both sides: nothing to say', () => {
  const { checked, findings, notes } = compare([range(0, 50), range(50, 100, 40)], [50, 40])
  assert.equal([checked, findings, notes], [90, [], []])
})

test('a record that the broker has and the ledger skipped is missing, and the range is named', () => {
  const { findings } = compare([range(0, 50), range(50, 100, 49), range(100, 110, 8)], [50, 50, 9])
  assert.is(findings.length, 2)
  assert.match(findings[0]!, /^t\/0: offsets 50 to 100: the broker has 50 records, one at every offset/)
  assert.match(findings[0]!, /are 49: 1 are missing$/)
  assert.match(findings[1]!, /^t\/0: offsets 100 to 110: the broker has 9 records; .* are 8: 1 are missing$/)
})

test('more than the broker has is a finding, but not where compaction may have taken them', () => {
  assert.match(compare([range(0, 50, 30)], [28]).findings[0]!, /2 are too many$/)
  const { findings, notes } = compare([range(0, 50, 30), range(50, 60, 9)], [28, 8], { isCompacted: true })
  assert.equal(findings, [])
  assert.equal(notes, ['t: not compared: 3 offsets in 2 ranges that compaction emptied since'])
  assert.match(compare([range(0, 50, 30)], [31], { isCompacted: true }).findings[0]!, /1 are missing$/)
})

test('records in an allowed gap may still be there; more than the gap has room for may not', () => {
  assert.equal(compare([range(0, 50, 30, 20)], [50]).findings, [])
  assert.equal(compare([range(0, 50, 30, 20)], [30]).findings, [])
  assert.match(
    compare([range(0, 50, 30, 10)], [41]).findings[0]!,
    /are 30 and 10 offsets in gaps: 1 are missing$/,
  )
})

test('what lies below the start of the log is counted, and a range that it cuts is held to bounds', () => {
  const ranges = [range(0, 10), range(10, 20), range(20, 40, 15)]
  const { checked, findings, notes } = compare(ranges, [0, 0, 10], { from: 25 })
  assert.equal([checked, findings], [10, []])
  assert.equal(notes, [
    't: not compared: 25 offsets in 3 ranges below the start of the logs, which retention moved',
  ])
  assert.match(compare(ranges, [0, 0, 9], { from: 25 }).findings[0]!, /1 are too many$/)
  assert.match(compare(ranges, [0, 0, 16], { from: 25 }).findings[0]!, /1 are missing$/)
})

test('what the brokers do not hand out is said, not judged', () => {
  const { checked, findings, notes } = compare([range(0, 10), range(10, 20)], [10, 3], { to: 13 })
  assert.equal([checked, findings], [10, []])
  assert.equal(notes, ['t: not compared: 10 offsets in 1 range behind what the brokers hand out'])
})

test('very many findings of a partition become a number', () => {
  const ranges = Array.from({ length: 250 }, (_, n) => range(n * 10, n * 10 + 10))
  const { findings } = compare(
    ranges,
    ranges.map(() => 9),
  )
  assert.is(findings.length, 101)
  assert.is(findings.at(-1), 't/0: and 150 more ranges')
})

test('a topic that is missing or another one is found; one that nobody reads any more may go', () => {
  const verdicts = (
    kafkaTopicId: string | null,
    id: string | null | undefined,
    isConfigured = true,
  ): unknown => {
    const comparison = new BrokerComparison()
    const found = id === undefined ? null : { id, isCompacted: false }
    const isSame = comparison.topic({ ...stored, kafkaTopicId }, found, isConfigured)
    return [isSame, comparison.checks()[0]!.findings.length]
  }
  assert.equal(verdicts('id-1', 'id-1'), [true, 0])
  assert.equal(verdicts('id-1', 'id-2'), [false, 1])
  assert.equal(verdicts(null, 'id-2'), [true, 0])
  assert.equal(verdicts('id-1', null), [true, 0])
  assert.equal(verdicts('id-1', undefined), [false, 1])
  assert.equal(verdicts('id-1', undefined, false), [false, 0])
})

test('a position outside of the log is found', () => {
  const finding = (log: { start: number; end: number } | null): string => {
    const comparison = new BrokerComparison()
    comparison.position(stored, log)
    return comparison.checks()[1]!.findings.join()
  }
  assert.is(finding({ start: 0, end: 100 }), '')
  assert.is(finding({ start: 100, end: 100 }), '')
  assert.match(
    finding({ start: 101, end: 200 }),
    /position is 100, the log begins at 101: 1 offsets went before/,
  )
  assert.match(finding({ start: 0, end: 99 }), /position is 100, but the log ends at 99/)
  assert.match(finding(null), /the brokers do not have the partition/)
})

test.run()
