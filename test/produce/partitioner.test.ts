/** Keys go where other clients send them; records without a key spread evenly. */
import { Partitioners } from 'kafkajs'
import * as assert from 'uvu/assert'
import { createPartitioner } from '../../src/produce/partitioner.ts'
import { suite } from '../support/suite.ts'

const test = suite('partitioner.ts')
const partitions = 7

test('keys of every length and byte go where kafkajs sends them', () => {
  const theirs = Partitioners.DefaultPartitioner()
  const ours = createPartitioner(partitions)
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 0,
    replicas: [],
    isr: [],
  }))
  for (let n = 0; n < 500; n++) {
    const key = Buffer.from(Array.from({ length: n % 23 }, (_, place) => (n * 131 + place * 89) & 0xff))
    const expected = theirs({ topic: 't', partitionMetadata, message: { key, value: null } })
    assert.is(ours(key), expected, key.toString('hex'))
  }
})

test('records without a key spread evenly', () => {
  const choose = createPartitioner(partitions)
  const counts = new Array<number>(partitions).fill(0)
  for (let n = 0; n < 64 * partitions * 3; n++) counts[choose(null)]!++
  assert.equal(counts, new Array(partitions).fill(64 * 3))
})

test.run()
