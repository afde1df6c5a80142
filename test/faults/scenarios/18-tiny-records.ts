/** A Kafka batch of 200,000 tiny records, and one that inflates to fifty megabytes, which is more than is allowed at first. */
import * as assert from 'uvu/assert'
import { peakRssBytes } from '../../../native-bench/process-usage.ts'
import { type ProduceOptions, produce } from '../../../src/produce/produce.ts'
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import { createNumberedSource } from '../numbered-source.ts'
import { Scenario } from '../scenario.ts'

const MIB = 2 ** 20
const BUDGET_MIB = 256
const TINY_RECORDS = 200_000
const BOMB_BYTES = 50 * MIB
const RECORD_BYTES = 8 * 1024
const topicSettings = { 'max.message.bytes': String(16 * MIB) }
const settings = { workers: '2', 'memory.budget': `${BUDGET_MIB}MiB` } as const

export const scenario = new Scenario({
  rows: [18],
  name: 'tiny-records',
  what: 'a Kafka batch of 200,000 tiny records, and one that inflates to fifty megabytes',
  timeoutMs: 60_000,
})

const send = (
  flow: Flow,
  records: number,
  filling: string,
  shape: Partial<ProduceOptions>,
): Promise<unknown> =>
  produce({
    brokers: flow.brokers.split(','),
    topic: flow.topic,
    source: createNumberedSource(
      n => ({ key: null, value: Buffer.from(`{"id":"n-${n}"${filling}}`) }),
      0,
      records,
    ),
    onAck: ack => flow.oracle.add(ack, n => `n-${n}`),
    ...shape,
  })

scenario.case('200,000 records in one batch', async context => {
  const flow = await context.flow({ partitions: 1, topicSettings, settings })
  await send(flow, TINY_RECORDS, '', { batchBytes: 12 * MIB })
  context.injected()
  const instance = flow.start()
  await instance.during(flow.caughtUp())
  await instance.ready()
  const peakMiB = peakRssBytes(instance.pid) / MIB
  assert.ok(peakMiB <= BUDGET_MIB, `${peakMiB.toFixed(0)} MiB are over ${BUDGET_MIB} MiB`)
  await flow.assertExactlyOnce()
})

scenario.case(
  'fifty megabytes: halted in front of them, and read where the setting allows it',
  async context => {
    const flow = await context.flow({ partitions: 1, topicSettings, settings })
    await send(flow, BOMB_BYTES / RECORD_BYTES, `,"msg":"${'x'.repeat(RECORD_BYTES)}"`, {
      batchBytes: 2 * BOMB_BYTES,
      compression: 'lz4',
    })
    context.injected()
    const careful = flow.start()
    const isHalted = () => careful.events('source:partition:halted')[0]
    const halt = await careful.during(until(isHalted, { deadlineMs: 20_000, what: 'a halt' }))
    assert.is(halt.code, 'KAFKA_BATCH_UNSUPPORTED')
    assert.is(await flow.observer.committed(), 0)
    assert.equal(await careful.kill('SIGTERM'), { code: 0, signal: null })
    const bold = flow.start({ 'limits.max_batch_bytes': '64MiB' })
    await bold.during(flow.caughtUp())
    await flow.assertExactlyOnce()
  },
)
