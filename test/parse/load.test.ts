/** What a worker is given at a time: small tasks together, large ones and doubtful ones alone, fairly. */
import * as assert from 'uvu/assert'
import { Account } from '../../src/arena/account.ts'
import type { Claim, Range } from '../../src/arena/descriptors.ts'
import { PAGE_BYTES } from '../../src/arena/region.ts'
import { ParseJob } from '../../src/parse/job.ts'
import { nextLoad } from '../../src/parse/load.ts'
import { suite } from '../support/suite.ts'

const test = suite('parse: load')

const KIB = 1024
const MIB = 1024 * KIB

const accounts = (outputBytes = 32 * MIB) => ({
  output: new Account('output', 0, outputBytes / PAGE_BYTES, true),
  jumbo: new Account('jumbo', outputBytes / PAGE_BYTES, (6 * MIB) / PAGE_BYTES, false),
})

const job = (bytes: number, partition = 0, pipeline = 0): ParseJob => {
  const claim = { topic: 't', partition, isLive: true } as unknown as Claim
  return new ParseJob({ claim, bytes, firstOffset: 0, nextOffset: 100 } as unknown as Range, pipeline)
}
const partitionsOf = (load: ReturnType<typeof nextLoad>) => load.map(({ job }) => job.range.claim.partition)

test('small tasks go together, up to half a mebibyte of input', () => {
  const waiting = [0, 1, 2, 3, 4, 5].map(n => job(100 * KIB, n))
  const load = nextLoad(waiting, accounts(), 6)
  assert.equal(partitionsOf(load), [0, 1, 2, 3, 4])
  assert.equal(waiting.length, 1)
})

test('a large task goes alone, and one that does not fit waits in its turn', () => {
  const waiting = [job(2 * MIB, 0), job(10 * KIB, 1)]
  assert.equal(partitionsOf(nextLoad(waiting, accounts(), 2)), [0])
  assert.equal(partitionsOf(nextLoad(waiting, accounts(), 2)), [1])
  const mixed = [job(400 * KIB, 0), job(400 * KIB, 1), job(50 * KIB, 2)]
  assert.equal(partitionsOf(nextLoad(mixed, accounts(), 3)), [0, 2])
  assert.equal(partitionsOf(nextLoad(mixed, accounts(), 3)), [1])
})

test('one worker parses tasks of one pipeline: what it hangs on has one name', () => {
  const waiting = [job(KIB, 0, 0), job(KIB, 1, 1), job(KIB, 2, 0)]
  assert.equal(partitionsOf(nextLoad(waiting, accounts(), 3)), [0, 2])
  assert.equal(partitionsOf(nextLoad(waiting, accounts(), 3)), [1])
})

test('who failed, and who needs the one large region, shares no worker', () => {
  const failed = job(KIB, 0)
  failed.failed()
  const large = job(KIB, 1)
  large.needsJumbo = true
  const waiting = [failed, large, job(KIB, 2), job(KIB, 3)]
  const arena = accounts()
  assert.equal(partitionsOf(nextLoad(waiting, arena, 4)), [0])
  const [jumbo, ...others] = nextLoad(waiting, arena, 4)
  assert.equal([jumbo!.job, jumbo!.output.bytes, others.length], [large, 6 * MIB, 0])
  assert.equal(partitionsOf(nextLoad(waiting, arena, 4)), [2, 3])
})

test('who failed with others goes alone to the end of its range, and that failure does not count', () => {
  const suspect = job(KIB, 0)
  suspect.suspect()
  assert.ok(suspect.isSolitary)
  assert.is(suspect.failed(), null, 'its first own failure')
  assert.is(suspect.to, 100, 'tried whole again')
  suspect.advance({ nextOffset: 50, stop: null } as Parameters<ParseJob['advance']>[0])
  assert.ok(suspect.isSolitary, 'so that it fails with others once at most')
})

test('while a guilty record is sought its job stays alone, also behind a half that passed', () => {
  const guilty = job(KIB, 0)
  guilty.failed()
  guilty.failed()
  assert.ok(guilty.isSolitary)
  guilty.advance({ nextOffset: 50, stop: null } as Parameters<ParseJob['advance']>[0])
  assert.ok(guilty.isSolitary)
})

test('alone it gets all of its share, beside others what its input may need; never more than there is', () => {
  const [alone] = nextLoad([job(100 * KIB)], accounts(), 4)
  assert.is(alone!.output.bytes, 4 * MIB)
  const shared = nextLoad([job(64 * KIB, 0), job(64 * KIB, 1)], accounts(), 4)
  for (const { output } of shared) assert.is(output.bytes, 5 * 64 * KIB)
  const [many] = nextLoad([job(2 * MIB)], accounts(), 128)
  assert.is(many!.output.bytes, 2 * PAGE_BYTES)
})

test('without an output region nothing is taken, and the order stays', () => {
  const arena = accounts(2 * PAGE_BYTES)
  const held = arena.output.allocate(2 * PAGE_BYTES)!
  const waiting = [job(KIB, 0), job(KIB, 1)]
  assert.equal(nextLoad(waiting, arena, 2), [])
  assert.equal(
    waiting.map(({ range }) => range.claim.partition),
    [0, 1],
  )
  held.release()
  assert.equal(partitionsOf(nextLoad(waiting, arena, 2)), [0, 1])
})

test.run()
