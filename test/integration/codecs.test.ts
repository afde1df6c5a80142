/**
 * Every codec through a real Kafka into Postgres: as our producer frames it, and as Kafka itself does, which compresses
 * anew on a topic that has a compression.type of its own (xerial's snappy, its own lz4 and zstd).
 */
import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { type Codec, codecs } from '../../src/codecs/codec.ts'
import { recordId } from '../../src/produce/generate.ts'
import { produce } from '../../src/produce/produce.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import { KafkaAdapter } from '../../src/source/kafka/adapter.ts'
import { readFetchResponse } from '../../src/source/kafka/fetch-response.ts'
import { findRawRecord } from '../../src/source/kafka/raw-record.ts'
import { assertExactlyOnce } from '../faults/judge.ts'
import { Oracle } from '../faults/oracle.ts'
import { database, kafkaAddress, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('codecs', { timeoutMs: 60_000 })
const RECORDS = 4000
const SEED = 5
const HOUR_MS = 3_600_000
const ATTRIBUTES_AT = 21
const RECORDS_AT = 61
const XERIAL = '82534e4150505900'

interface Filled {
  readonly name: string
  readonly codec: Codec
  readonly isFramedByKafka: boolean
  readonly oracle: Oracle
}

/** A topic whose batches have this codec, with the same records in each. */
async function fill(codec: Codec, isFramedByKafka: boolean): Promise<Filled> {
  const name = await topic(isFramedByKafka ? { settings: { 'compression.type': codec } } : {})
  const oracle = new Oracle()
  await produce({
    brokers: kafkaAddress().split(','),
    topic: name,
    source: createGeneratedSource({
      seed: SEED,
      records: RECORDS,
      startMs: Date.now() - HOUR_MS,
      spanMs: HOUR_MS,
      keys: true,
    }),
    batchBytes: 256 * 1024,
    compression: isFramedByKafka ? 'none' : codec,
    onAck: ack => oracle.add(ack, index => recordId(SEED, index)),
  })
  return { name, codec, isFramedByKafka, oracle }
}

const framings = codecs.slice(1).flatMap(codec => [[codec, false] as const, [codec, true] as const])
const filled: Filled[] = []

test.before(async () => {
  for (const [codec, isFramedByKafka] of framings) filled.push(await fill(codec, isFramedByKafka))
})

/** What the broker has at the start of each topic. */
async function firstBatches(): Promise<Buffer[]> {
  const adapter = new KafkaAdapter({
    brokers: kafkaAddress().split(','),
    clientId: 'codecs',
    groupId: `codecs-${randomUUID()}`,
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 500,
    requestTimeoutMs: 10_000,
    isolation: 'read_committed',
    log: () => undefined,
  })
  await adapter.connect()
  // It knows the brokers from here on.
  await adapter.refreshMetadata()
  cleanUp(() => adapter.leave())
  const batches: Buffer[] = []
  for (const { name } of filled) batches.push(await firstBatch(adapter, name))
  return batches
}

async function firstBatch(adapter: KafkaAdapter, name: string): Promise<Buffer> {
  let frame = Buffer.alloc(0)
  const place = (bytes: number) => {
    frame = Buffer.alloc(bytes)
    return frame
  }
  const partitions = [{ topic: name, partition: 0, offset: 0, maxBytes: 1_000_000 }]
  await adapter.fetch(1, { maxWaitMs: 5_000, maxBytes: 1_000_000, partitions }, { place })
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  const { address, bytes } = readFetchResponse(view, 0, frame.length).partitions[0]!
  return frame.subarray(address, address + bytes)
}

test('the batches in Kafka have the codec and the framing that is meant', async () => {
  const batches = await firstBatches()
  const seen = batches.map((batch, index) => ({
    codec: codecs[batch.readInt16BE(ATTRIBUTES_AT) & 7],
    isXerial: batch.toString('hex', RECORDS_AT, RECORDS_AT + 8) === XERIAL,
    isFramedByKafka: filled[index]!.isFramedByKafka,
  }))
  assert.equal(
    seen,
    filled.map(({ codec, isFramedByKafka }) => ({
      codec,
      isXerial: codec === 'snappy' && isFramedByKafka,
      isFramedByKafka,
    })),
  )
  // A dead letter's bytes are read again from there.
  for (const batch of batches) {
    const found = await findRawRecord(batch, 3)
    assert.ok(found?.value?.toString().includes(recordId(SEED, 3)))
  }
})

test('every record of every codec is stored exactly once', async () => {
  const url = await database()
  const engine = startEngine({
    'kafka.topics': filled.map(({ name }) => name).join(','),
    'kafka.group_id': `codecs-${randomUUID()}`,
    'postgres.url': url,
  })
  const isDone = () =>
    engine.engine.snapshot().partitions.filter(({ committed }) => committed === RECORDS).length ===
    filled.length
  await until(isDone, { deadlineMs: 40_000, what: 'all topics are stored' })
  assert.ok(await engine.stop())
  for (const { name, oracle } of filled) await assertExactlyOnce(url, oracle, name)
})

test.run()
