import * as assert from 'uvu/assert'
import { Account } from '../../src/arena/account.ts'
import type { Range } from '../../src/arena/descriptors.ts'
import { PipelineError } from '../../src/errors.ts'
import { Partition } from '../../src/source/partition.ts'
import { suite } from '../support/suite.ts'

const test = suite('partition')

function setUp(): {
  partition: Partition
  parsing: Range[]
  account: Account
  range: (first: number, next: number) => Range
} {
  const parsing: Range[] = []
  const account = new Account('input', 0, 16, false)
  const partition = new Partition('logs', 0, range => parsing.push(range))
  partition.begin({ topicId: 1, nextOffset: 100, fingerprint: null })
  const range = (firstOffset: number, nextOffset: number): Range => {
    const region = account.allocate(1)!
    return {
      claim: partition.claim!,
      region,
      address: region.address,
      bytes: 1,
      firstOffset,
      nextOffset,
      nowMs: 0,
      abortedAt: 0,
      abortedCount: 0,
    }
  }
  return { partition, parsing, account, range }
}

test('ranges are parsed one at a time, in order', () => {
  const { partition, parsing, range } = setUp()
  const [first, second] = [range(100, 110), range(110, 120)]
  partition.accept(first)
  partition.accept(second)
  assert.equal(parsing, [first])
  partition.rangeDone(first, 110)
  assert.equal(parsing, [first, second])
  assert.is(partition.position, 120)
})

test('an answer to an older question is given back at once', () => {
  const { partition, parsing, account, range } = setUp()
  partition.accept(range(90, 100))
  assert.equal(parsing, [])
  assert.is(account.usedBytes, 0)
})

test('it has no room while enough ranges wait', () => {
  const { partition, range } = setUp()
  for (let at = 100; partition.hasRoom; at += 10) partition.accept(range(at, at + 10))
  assert.is(partition.position, 130)
})

test('a new beginning gives back what waits, and what is being parsed counts no more', () => {
  const { partition, parsing, account, range } = setUp()
  partition.accept(range(100, 110))
  partition.accept(range(110, 120))
  const old = parsing[0]!
  partition.begin({ topicId: 1, nextOffset: 50, fingerprint: null })
  assert.not(old.claim.isLive)
  assert.ok(old.region.isHeld, 'the parser still reads it')
  old.region.release()
  partition.rangeDone(old, 110)
  assert.is(account.usedBytes, 0)
  assert.is(partition.position, 50)
  assert.not(partition.isBusy)
})

test('a batch that fails its checksum is fetched again from where the parser came, a few times', () => {
  const { partition, account, range } = setUp()
  const [first, second] = [range(100, 110), range(110, 120)]
  partition.accept(first)
  partition.accept(second)
  assert.ok(partition.mayFetchAgain(105))
  first.region.release()
  partition.rangeDone(first, 105)
  assert.is(partition.position, 105)
  assert.is(account.usedBytes, 0)
  assert.ok(partition.mayFetchAgain(105))
  assert.not(partition.mayFetchAgain(105))
  assert.ok(partition.mayFetchAgain(106), 'another batch has its own attempts')
})

test('a position is fetched from only after its fingerprint was checked', () => {
  const { partition } = setUp()
  partition.begin({ topicId: 1, nextOffset: 7, fingerprint: { baseOffset: 3, crc: 9 } })
  assert.not(partition.hasRoom)
  partition.unchecked = null
  assert.ok(partition.hasRoom)
})

test('nothing is fetched while the topic may be another one', () => {
  const { partition } = setUp()
  partition.isTopicInDoubt = true
  assert.not(partition.hasRoom)
  partition.isTopicInDoubt = false
  assert.ok(partition.hasRoom)
})

test('in front of what cannot be read, it halts when all that was parsed is committed', () => {
  const { partition, account, range } = setUp()
  const [first, second] = [range(100, 110), range(110, 120)]
  partition.accept(first)
  partition.accept(second)
  const { claim } = partition
  first.region.release()
  partition.rangeDone(first, 105)
  partition.haltBehindParsed(new PipelineError('KAFKA_BATCH_UNSUPPORTED'))
  assert.ok(claim?.isLive, 'what was parsed flows on')
  assert.not(partition.hasRoom)
  assert.is(account.usedBytes, 0)
  assert.not(partition.isDueToHalt)
  claim.committed = 105
  assert.ok(partition.isDueToHalt)
  partition.halt(partition.haltedBy!)
  assert.not(claim.isLive)
})

test('a gap in front of it is passed when all that was fetched is committed, and nothing is fetched before', () => {
  const { partition, range } = setUp()
  partition.accept(range(100, 110))
  partition.logStartAhead = 500
  assert.not(partition.hasRoom)
  assert.not(partition.isQuiet, 'nobody compares its position while the gap is written')
  assert.not(partition.isDueToPassGap)
  partition.claim!.committed = 110
  assert.ok(partition.isDueToPassGap)
  partition.begin({ topicId: 1, nextOffset: 500, fingerprint: null })
  assert.not(partition.isDueToPassGap)
  assert.ok(partition.hasRoom)
})

test('it cannot leave a final mode', () => {
  const { partition } = setUp()
  partition.release()
  assert.throws(() => partition.reclaim(), /cannot go from released to claiming/)
})

test.run()
