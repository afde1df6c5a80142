/** The batcher with a send of the test's own: one in flight per partition, bounded waiting, nothing lost, failures told. */
import * as assert from 'uvu/assert'
import { type BatchAck, Batcher } from '../../src/produce/batcher.ts'
import { noHeaders } from '../../src/produce/encode-batch.ts'
import { suite } from '../support/suite.ts'

const test = suite('batcher.ts')
const partitions = 3
const value = Buffer.alloc(100, 'v')

interface Sent {
  readonly partition: number
  readonly count: number
  settle(failure?: Error): void
}

/** A batcher whose sends wait until the test settles them. */
function createHarness() {
  const sent: Sent[] = []
  const acks: BatchAck[] = []
  const ends = new Array<number>(partitions).fill(0)
  const batcher = new Batcher({
    topic: 't',
    partitions,
    batchBytes: 1024,
    compression: 'none',
    headers: noHeaders,
    onAck: ack => acks.push(ack),
    send: (partition, { count }) =>
      new Promise((resolve, reject) => {
        const settle = (failure?: Error): void => {
          ends[partition]! += count
          if (failure) reject(failure)
          else resolve(ends[partition]! - count)
        }
        sent.push({ partition, count, settle })
      }),
  })
  return { batcher, sent, acks }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const fill = (batcher: Batcher, count: number): void => {
  for (let n = 0; n < count; n++) batcher.append(value, 0, value.length, null)
}

test('one send in flight per partition; all is acknowledged with its index', async () => {
  const { batcher, sent, acks } = createHarness()
  fill(batcher, 1000)
  assert.equal(sent.map(({ partition }) => partition).sort(), [0, 1, 2])
  const drained = batcher.drain()
  for (let done = 0; done < sent.length; done++) {
    sent[done]!.settle()
    await turn()
    const running = sent.slice(done + 1).map(({ partition }) => partition)
    assert.is(new Set(running).size, running.length)
  }
  await drained
  assert.is(batcher.acknowledged, 1000)
  const indexes = acks.flatMap(ack => ack.indexes).sort((a, b) => a - b)
  assert.equal(
    indexes,
    Array.from({ length: 1000 }, (_, index) => index),
  )
  const places = acks.flatMap(ack => ack.indexes.map((_, n) => `${ack.partition}:${ack.baseOffset + n}`))
  assert.is(new Set(places).size, 1000)
})

test('room() waits while batches wait', async () => {
  const { batcher, sent } = createHarness()
  fill(batcher, 1000)
  let hasRoom = false
  const room = batcher.room().then(() => {
    hasRoom = true
  })
  await turn()
  assert.not.ok(hasRoom)
  for (let done = 0; !hasRoom; done++) {
    sent[done]!.settle()
    await turn()
  }
  await room
  assert.ok(batcher.acknowledged < 1000)
})

test('flush sends what is there, but not behind a send', async () => {
  const { batcher, sent } = createHarness()
  fill(batcher, 2)
  batcher.flush()
  fill(batcher, 2)
  batcher.flush()
  assert.equal(
    sent.map(({ count }) => count),
    [2],
  )
  sent[0]!.settle()
  await turn()
  batcher.flush()
  assert.equal(
    sent.map(({ count }) => count),
    [2, 2],
  )
})

test('a failed send reaches whoever waits, and nothing more is sent', async () => {
  const { batcher, sent } = createHarness()
  fill(batcher, 1000)
  const drained = batcher.drain().then(
    () => 'drained',
    error => (error as Error).message,
  )
  const before = sent.length
  sent[0]!.settle(new Error('refused'))
  assert.is(await drained, 'refused')
  for (const each of sent.slice(1)) each.settle()
  await turn()
  assert.is(sent.length, before)
})

test.run()
