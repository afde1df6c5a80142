/** The periodic look at the ledger: quiet while all agrees, and loud as soon as a range is missing. */
import * as assert from 'uvu/assert'
import type { EventName, Events } from '../../src/events.ts'
import { createKafkaClient, database, topic } from '../support/services.ts'
import { suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('periodic verify', { timeoutMs: 40_000 })
type Looked = Events['store:verify:completed']

test('a range that disappears from the ledger is reported at the next look', async () => {
  const url = await database()
  const name = await topic()
  const looks: Looked[] = []
  const listen = <N extends EventName>(event: N, facts: Events[N]): void => {
    if (event === 'store:verify:completed') looks.push(facts as Looked)
  }
  const { engine } = startEngine(
    { 'kafka.topics': name, 'postgres.url': url, 'storage.verify_interval': '1s' },
    { listener: listen },
  )
  const producer = createKafkaClient().producer()
  await producer.connect()
  for (let round = 1; round <= 3; round++) {
    await producer.send({ topic: name, messages: [{ value: '{"msg":"one"}' }] })
    const isStored = () => engine.snapshot().partitions[0]?.committed === round
    await until(isStored, { deadlineMs: 20_000, what: `record ${round}` })
  }
  await producer.disconnect()
  const before = looks.length
  await until(() => looks.length > before, { deadlineMs: 10_000, what: 'a look after the last record' })
  assert.equal(
    looks.filter(({ ok }) => !ok),
    [],
  )
  await execute(url, 'delete from logcollector.ingest_ledger where first_offset = 1')
  const alarm = await until(() => looks.find(({ ok }) => !ok), { deadlineMs: 10_000, what: 'the alarm' })
  assert.match(alarm.findings.join(), /a range begins at 2 where 1 was expected/)
})

test.run()
