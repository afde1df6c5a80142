/** The transaction that passes a gap, under the check of every commit: a stale token or position writes nothing. */
import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import type { Claim } from '../../src/arena/descriptors.ts'
import { claimPartitions } from '../../src/store/claims.ts'
import { StorePool } from '../../src/store/connection.ts'
import { recordGap } from '../../src/store/gaps.ts'
import { verify } from '../../src/store/verify/index.ts'
import { database } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'

const test = suite('recordGap', { timeoutMs: 20_000 })
const START = 100

async function setUp() {
  const url = await database()
  const pool = new StorePool({ url, connectTimeoutMs: 5_000 })
  cleanUp(() => pool.end())
  const claim = async (): Promise<Claim> => {
    const token = randomUUID()
    const claimed = await claimPartitions(pool, {
      clusterId: 'cluster',
      groupId: 'group',
      topic: 'topic',
      kafkaTopicId: null,
      startOfAnew: async () => new Map(),
      tokens: new Map([[0, token]]),
      startOfAll: async () => new Map([[0, START]]),
      startOfLater: async () => new Map(),
    })
    const { topicId, nextOffset, fingerprint } = claimed.get(0)!
    return { topic: 'topic', topicId, partition: 0, token, committed: nextOffset, fingerprint, isLive: true }
  }
  const written = () =>
    pool.query('look', 'select first_offset, next_offset, gap from ingest_ledger order by first_offset')
  return { url, pool, claim, written }
}

test('position, ledger and gap are written together, and verify counts a gap', async () => {
  const { url, pool, claim, written } = await setUp()
  assert.ok(await recordGap(pool, await claim(), START, 150, 'gone'))
  assert.equal(await written(), [{ first_offset: '100', next_offset: '150', gap: '50' }])
  const gaps = await pool.query('look', 'select first_offset, next_offset, reason from offset_gaps')
  assert.equal(gaps, [{ first_offset: '100', next_offset: '150', reason: 'gone' }])
  const offsets = await pool.query('look', 'select next_offset, fingerprint_offset from offsets')
  assert.equal(offsets, [{ next_offset: '150', fingerprint_offset: null }])
  const { ok, gapOffsets } = await verify(url, { sinceMs: null })
  assert.ok(ok)
  assert.is(gapOffsets, 50)
})

test('an owner that was overtaken writes nothing', async () => {
  const { pool, claim, written } = await setUp()
  const zombie = await claim()
  await claim()
  assert.not(await recordGap(pool, zombie, START, 150, 'gone'))
  assert.equal(await written(), [])
  assert.equal(await pool.query('look', 'select from offset_gaps'), [])
})

test('from another position than the stored one nothing is written', async () => {
  const { pool, claim, written } = await setUp()
  assert.not(await recordGap(pool, await claim(), START + 1, 150, 'gone'))
  assert.equal(await written(), [])
})

test('a gap that no row of offset_gaps names is a finding', async () => {
  const { url, pool, claim } = await setUp()
  await recordGap(pool, await claim(), START, 150, 'gone')
  await pool.query('forget', 'delete from offset_gaps')
  const { ok, checks } = await verify(url, { sinceMs: null, isLight: true })
  assert.not(ok)
  assert.equal(
    checks.flatMap(({ findings }) => findings),
    ['topic/0: gaps of 50 offsets in the ledger, 0 in offset_gaps'],
  )
})

test.run()
