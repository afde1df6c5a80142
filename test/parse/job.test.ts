/** The search for the record that no worker survives: which one, in how many failures, and never one by accident. */
import * as assert from 'uvu/assert'
import type { Range } from '../../src/arena/descriptors.ts'
import { Region } from '../../src/arena/region.ts'
import type { ParseResult } from '../../src/parse/contract.ts'
import { ParseJob } from '../../src/parse/job.ts'
import { suite } from '../support/suite.ts'

const test = suite('parse: job')
const FIRST = 1_000

const rangeOf = (records: number): Range => ({
  claim: {
    topic: 't',
    topicId: 1,
    partition: 0,
    token: '',
    committed: FIRST,
    fingerprint: null,
    isLive: true,
  },
  region: new Region(0, 0, 0, () => undefined),
  address: 0,
  bytes: 0,
  firstOffset: FIRST,
  nextOffset: FIRST + records,
  nowMs: 0,
  abortedAt: 0,
  abortedCount: 0,
})

/** Plays a job to its end; a task whose offsets `dies` objects to fails. */
function play(records: number, dies: (from: number, to: number) => boolean) {
  const job = new ParseJob(rangeOf(records), 0)
  const dead: number[] = []
  let failures = 0
  while (!job.isDone) {
    const { from, to } = job
    assert.ok(from < to && to <= FIRST + records, `a task of [${from}, ${to})`)
    if (!dies(from, to)) {
      job.advance({ nextOffset: to, stop: null } as ParseResult)
      continue
    }
    failures += 1
    const guilty = job.failed()
    if (guilty === null) continue
    dead.push(guilty.firstOffset)
    job.advance(guilty)
  }
  return { dead, failures }
}

test('wherever it stands, it is found in 2 + log2(n) failures, and alone', () => {
  for (const records of [1, 2, 3, 7, 12, 64, 100, 1_000]) {
    for (let at = 0; at < records; at += 1 + Math.floor(records / 40)) {
      const guilty = FIRST + at
      const { dead, failures } = play(records, (from, to) => from <= guilty && guilty < to)
      assert.equal(dead, [guilty])
      assert.ok(failures <= 2 + Math.ceil(Math.log2(records)), `${at} of ${records}: ${failures} failures`)
    }
  }
})

test('several of them are found, and what stands between passes', () => {
  const guilty = [3, 4, 50, 99].map(at => FIRST + at)
  const { dead } = play(100, (from, to) => guilty.some(each => from <= each && each < to))
  assert.equal(dead, guilty)
})

test('a worker that dies a few times for other reasons costs no record', () => {
  for (const deaths of [1, 2, 3, 4]) {
    let left = deaths
    const { dead, failures } = play(100, () => left-- > 0)
    assert.equal(dead, [])
    assert.is(failures, deaths)
  }
})

test.run()
