/**
 * Bytes that change on their way from Kafka: in the records, where the checksum of the batch notices it, in the header of
 * the batch, part of which no checksum covers, and anywhere in the answer. Nothing wrong is stored and nothing is skipped.
 */
import * as assert from 'uvu/assert'
import { until } from '../../support/wait.ts'
import type { Context } from '../context.ts'
import { startProxiedKafka } from '../proxy/proxied-kafka.ts'
import { flipByte, type Strike } from '../proxy/rule.ts'
import { Scenario } from '../scenario.ts'

const RECORDS_PER_SECOND = 10_000
/** Kafka protocol guide, "Record Batch": everything before the records. */
const HEADER_BYTES = 61
const MAGIC_AT = 16
const LENGTH_AT = 8
const LEAST_BATCH_BYTES = 1_000

export const scenario = new Scenario({
  rows: [12],
  name: 'corrupt-fetch',
  what: 'bits flip in the answers of the broker: in records, in headers of batches, anywhere',
  timeoutMs: 90_000,
})

/** Where the first Kafka batch of an answer begins; null: it has none. */
function batchAt(bytes: Buffer): number | null {
  for (let at = 8; at + HEADER_BYTES < bytes.length; at++) {
    const length = bytes.readInt32BE(at + LENGTH_AT)
    const fits = length > LEAST_BATCH_BYTES && at + LENGTH_AT + 4 + length <= bytes.length
    if (fits && bytes[at + MAGIC_AT] === 2 && bytes.readInt32BE(at) === 0) return at
  }
  return null
}

/** Flips `flips` bytes in as many answers that carry records, at places relative to the first batch. */
async function flipUnderLoad(
  context: Context,
  placeOf: (n: number, batchBytes: number) => number,
  flips: number,
) {
  const kafka = await startProxiedKafka()
  const flow = await context.flow({ brokers: kafka.kafka.address, partitions: 2 })
  const [proxy] = kafka.proxies
  const instance = flow.start({ 'kafka.brokers': kafka.address, 'kafka.request_timeout': '3s' })
  await instance.ready()
  let fetches = 0
  const strike: Strike = (message, link) => {
    const at = batchAt(message.bytes)!
    const place = at + placeOf(rule.strikes - 1, message.bytes.length - at)
    context.injected()
    return flipByte(place)(message, link)
  }
  const rule = proxy!.rule({
    direction: 'down',
    // Not one after the other, so that what was refused is there when it is fetched again.
    when: ({ kind, bytes }) => kind === 'Fetch' && batchAt(bytes) !== null && ++fetches % 3 === 0,
    strike,
    times: flips,
  })
  const stopProducing = flow.keepProducing(RECORDS_PER_SECOND)
  await instance.during(
    until(() => rule.isSpent, { deadlineMs: 60_000, what: `${flips} answers with records` }),
  )
  await stopProducing()
  await instance.during(flow.caughtUp())
  assert.is(
    instance.events('source:partition:halted').length,
    0,
    'what is right at the second try is no reason to halt',
  )
  await flow.assertExactlyOnce()
  return instance
}

scenario.case('in the records: fetched again', async context => {
  const { random } = context
  await flipUnderLoad(
    context,
    (_, bytes) => HEADER_BYTES + random.below(Math.min(bytes, LEAST_BATCH_BYTES) - HEADER_BYTES),
    12,
  )
})

scenario.case('in each byte of the header of a batch', async context => {
  await flipUnderLoad(context, n => n, HEADER_BYTES)
})
