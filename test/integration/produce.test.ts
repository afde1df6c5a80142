/**
 * The producer against real brokers: what it says was acknowledged is there once, at its offset, also when the
 * broker is killed meanwhile.
 */
import { Readable } from 'node:stream'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import type { BatchAck } from '../../src/produce/batcher.ts'
import { recordId } from '../../src/produce/generate.ts'
import { type ProduceOptions, produce } from '../../src/produce/produce.ts'
import { createGeneratedSource, createLineSource } from '../../src/produce/sources.ts'
import { startKafka } from '../../stack/kafka.ts'
import { createKafkaClient, kafkaAddress, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('produce', { timeoutMs: 90_000 })

interface Stored {
  readonly key: string | null
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

/** Everything in the topic, by "partition:offset"; `count` records must come. */
async function readTopic(name: string, count: number, brokers?: string): Promise<Map<string, Stored>> {
  const stored = new Map<string, Stored>()
  const consumer = createKafkaClient(brokers).consumer({ groupId: `read-${name}`, maxWaitTimeInMs: 200 })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [name], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        const headers = Object.entries(message.headers ?? {}).map(([key, value]) => [key, String(value)])
        stored.set(`${partition}:${message.offset}`, {
          key: message.key?.toString() ?? null,
          value: message.value?.toString() ?? '',
          headers: Object.fromEntries(headers),
        })
      },
    })
    await until(() => stored.size >= count, { deadlineMs: 60_000, what: `${count} records of ${name}` })
  } finally {
    await consumer.disconnect()
  }
  return stored
}

const collect = (acks: BatchAck[]): Pick<ProduceOptions, 'onAck'> => ({ onAck: ack => void acks.push(ack) })
const generated = (seed: number, records: number) =>
  createGeneratedSource({ seed, records, startMs: 0, spanMs: 1000, keys: true })

/** The oracle: "partition:offset" → id, from the acks. */
function placesOf(acks: readonly BatchAck[], seed: number): Map<string, string> {
  return new Map(
    acks.flatMap(({ partition, baseOffset, indexes }) =>
      indexes.map((index, n) => [`${partition}:${baseOffset + n}`, recordId(seed, index)] as const),
    ),
  )
}

function assertStored(stored: ReadonlyMap<string, Stored>, acks: readonly BatchAck[], seed: number): void {
  const places = placesOf(acks, seed)
  assert.is(stored.size, places.size)
  for (const [place, id] of places) assert.ok(stored.get(place)?.value.includes(id), `${id} is at ${place}`)
}

for (const compression of ['none', 'gzip'] as const) {
  test(`every acknowledged record is at its offset, ${compression}`, async () => {
    const name = await topic({ partitions: 3 })
    const acks: BatchAck[] = []
    const brokers = kafkaAddress().split(',')
    const source = generated(11, 5000)
    const summary = await produce({
      brokers,
      topic: name,
      source,
      compression,
      headers: { origin: 'test' },
      ...collect(acks),
    })
    assert.is(summary.records, 5000)
    const stored = await readTopic(name, 5000)
    assertStored(stored, acks, 11)
    for (const { key, headers } of stored.values()) {
      assert.match(key ?? '', /^[a-z]+-\d\d$/)
      assert.equal(headers, { origin: 'test' })
    }
  })
}

test('lines with keys', async () => {
  const name = await topic()
  const source = createLineSource(Readable.from([Buffer.from('{"k":"a"}\nb\n')]), 'k')
  await produce({ brokers: kafkaAddress().split(','), topic: name, source })
  const stored = [...(await readTopic(name, 2)).values()].map(({ key, value }) => [key, value])
  assert.equal(stored, [
    ['a', '{"k":"a"}'],
    [null, 'b'],
  ])
})

test('a missing topic is an error that says so, or is made', async () => {
  const name = `${await topic()}-missing`
  const brokers = kafkaAddress().split(',')
  const error = await produce({ brokers, topic: name, source: generated(1, 1) }).catch(thrown => thrown)
  assert.ok(error instanceof PipelineError && error.code === 'TOPIC_MISSING')
  const summary = await produce({ brokers, topic: name, source: generated(1, 1), createPartitions: 2 })
  assert.is(summary.records, 1)
})

test('a record that the broker refuses ends the run with an error', async () => {
  const name = await topic({ settings: { 'max.message.bytes': '1000' } })
  const source = createLineSource(Readable.from([Buffer.alloc(5000, 'x')]), null)
  const error = await produce({ brokers: kafkaAddress().split(','), topic: name, source }).catch(
    thrown => thrown,
  )
  assert.ok(error instanceof PipelineError && error.code === 'KAFKA_REQUEST_FAILED')
  assert.is((error as PipelineError).context.errorCode, 10)
})

test('an abort ends it with everything that was read acknowledged', async () => {
  const name = await topic({ partitions: 2 })
  const abort = new AbortController()
  const acks: BatchAck[] = []
  const onAck = (ack: BatchAck): void => {
    acks.push(ack)
    abort.abort()
  }
  const source = generated(12, 1_000_000)
  const { signal } = abort
  const brokers = kafkaAddress().split(',')
  const begin = performance.now()
  const { records } = await produce({ brokers, topic: name, source, onAck, signal, recordsPerSecond: 2000 })
  const mostAtThisRate = 2 * (performance.now() - begin) + 100
  assert.ok(records > 0 && records <= mostAtThisRate, `${records} records, at most ${mostAtThisRate}`)
  assertStored(await readTopic(name, records), acks, 12)
})

test('a broker killed and restarted under load costs nothing and doubles nothing', async () => {
  const kafka = await startKafka({ heapMiB: 512 })
  cleanUp(() => kafka.stop())
  const acks: BatchAck[] = []
  const producing = produce({
    brokers: kafka.address.split(','),
    topic: 'survivor',
    createPartitions: 2,
    source: generated(13, 20_000),
    recordsPerSecond: 5000,
    ...collect(acks),
  })
  await until(() => acks.length > 5, { deadlineMs: 30_000, what: 'first acks' })
  await kafka.kill('SIGKILL')
  await kafka.restart()
  assert.is((await producing).records, 20_000)
  assertStored(await readTopic('survivor', 20_000, kafka.address), acks, 13)
})

test.run()
