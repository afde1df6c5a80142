/** Which incarnation of a topic a claim is about, by the id that the brokers tell: store/claims.ts, without Kafka. */
import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { claimPartitions } from '../../src/store/claims.ts'
import { StorePool } from '../../src/store/connection.ts'
import { database } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'

const test = suite('incarnations', { timeoutMs: 20_000 })
const FIRST_START = 100
const LOG_START = 7

async function setUp() {
  const pool = new StorePool({ url: await database(), connectTimeoutMs: 5_000 })
  cleanUp(() => pool.end())
  /** Where partition 0 goes on, by a broker that tells of this id. */
  const claim = async (kafkaTopicId: string | null): Promise<number> => {
    const claimed = await claimPartitions(pool, {
      clusterId: 'cluster',
      groupId: 'group',
      topic: 'topic',
      kafkaTopicId,
      tokens: new Map([[0, randomUUID()]]),
      startOfAll: async () => new Map([[0, FIRST_START]]),
      startOfAnew: async () => new Map([[0, LOG_START]]),
      startOfLater: async () => new Map([[0, LOG_START]]),
    })
    return claimed.get(0)!.nextOffset
  }
  const ids = () =>
    pool
      .query<{ id: string | null }>('look', 'select kafka_topic_id as id from topics order by incarnation')
      .then(rows => rows.map(({ id }) => id))
  return { pool, claim, ids }
}

test('another id is another topic, which begins at its log start', async () => {
  const { claim, ids } = await setUp()
  const [first, second] = [randomUUID(), randomUUID()]
  assert.is(await claim(first), FIRST_START)
  assert.is(await claim(first), FIRST_START)
  assert.is(await claim(second), LOG_START)
  assert.is(await claim(second), LOG_START)
  assert.equal(await ids(), [first, second])
})

test('a broker that is late and tells of an id of before changes nothing', async () => {
  const { claim, ids } = await setUp()
  const [first, second] = [randomUUID(), randomUUID()]
  await claim(first)
  await claim(second)
  const error = await claim(first).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof PipelineError && error.code === 'KAFKA_REQUEST_FAILED' && error.retryable)
  assert.equal(await ids(), [first, second])
})

test('without an id, of the broker or of what is stored, the topic is taken for the same', async () => {
  const { claim, ids } = await setUp()
  await claim(null)
  const id = randomUUID()
  assert.is(await claim(id), FIRST_START)
  assert.is(await claim(null), FIRST_START)
  assert.equal(await ids(), [id])
})

test('an incarnation that somebody made by hand is of the topic that is there', async () => {
  const { pool, claim, ids } = await setUp()
  const id = randomUUID()
  await claim(id)
  await pool.query(
    'make one',
    'insert into topics (cluster_id, group_id, topic, incarnation) select cluster_id, group_id, topic, 1 from topics',
  )
  assert.is(await claim(id), LOG_START)
  assert.equal(await ids(), [id, id])
})

test.run()
