/**
 * Errors that nobody foresaw (methods are replaced to throw them) in work that nobody waits for: the partition halts by
 * name or the part is restarted, the others go on, and no rejection is left without a handler.
 */
import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import type { Engine } from '../../src/engine/engine.ts'
import { messageOf } from '../../src/errors.ts'
import type { Partition } from '../../src/source/partition.ts'
import { createKafkaClient, database, topic } from '../support/services.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('errors that nobody foresaw', { timeoutMs: 60_000 })
const DEADLINE_MS = 20_000
const REASON = 'nobody foresaw this'
const PARTITIONS = 6

const unhandled: string[] = []
process.on('unhandledRejection', reason => unhandled.push(messageOf(reason)))

/** What the source hides, as far as it is replaced here. */
interface Inside {
  readonly leadership: {
    follow: (partition: Partition) => Promise<void>
    answeredWith: (partition: Partition, errorCode: number) => Promise<void>
    refreshUntilLed: () => Promise<void>
    refresh: () => void
  }
  readonly fetchers: ReadonlyMap<
    number,
    { readonly deps: { onPartitionError: (partition: Partition, code: number) => void } }
  >
}

const broken = (): Promise<never> => Promise.reject(new Error(REASON))

async function setUp() {
  const [name, url] = await Promise.all([topic({ partitions: PARTITIONS }), database()])
  const restarts: string[] = []
  const listener = (_: string, facts: object) => {
    if ('restarts' in facts && 'child' in facts) restarts.push(String(facts.child))
  }
  const settings = {
    'kafka.topics': name,
    'kafka.group_id': `unforeseen-${randomUUID()}`,
    'postgres.url': url,
  }
  const running = startEngine(settings, { listener })
  await running.ready()
  const { parts } = running.engine
  const partition = (number: number) => parts.source.partitions.get(`${name}/${number}`)!
  return { ...running, name, restarts, partition, inside: parts.source as unknown as Inside }
}

async function haltedByName(engine: Engine, number: number): Promise<void> {
  const isHalted = () =>
    engine
      .snapshot()
      .ready.reasons.some(reason => reason.includes(`/${number} is halted: `) && reason.includes(REASON))
  await until(isHalted, { deadlineMs: DEADLINE_MS, what: `halt of ${number}` })
}

const others = (engine: Engine, halted: number) =>
  engine.snapshot().partitions.filter(({ mode }) => mode === 'consuming').length === PARTITIONS - halted

test('halt their partition, restart their part, and end nothing else', async () => {
  const { engine, inside, name, partition, restarts, stop } = await setUp()
  const { claims, gaps, positions, source } = engine.parts
  const { leadership } = inside

  const follow = leadership.follow.bind(leadership)
  leadership.follow = broken
  source.rewind(partition(0).claim!, { topicId: 1, nextOffset: 0, fingerprint: null })
  await haltedByName(engine, 0)
  leadership.follow = follow

  const answeredWith = leadership.answeredWith.bind(leadership)
  leadership.answeredWith = broken
  for (const { deps } of inside.fetchers.values()) deps.onPartitionError(partition(1), 6)
  await haltedByName(engine, 1)
  leadership.answeredWith = answeredWith

  const refreshUntilLed = leadership.refreshUntilLed.bind(leadership)
  leadership.refreshUntilLed = broken
  partition(2).leader = null
  leadership.refresh()
  await haltedByName(engine, 2)
  leadership.refreshUntilLed = refreshUntilLed

  gaps.pass = broken
  claims.passGapWhenDue({
    claim: partition(3).claim,
    isDueToPassGap: true,
    logStartAhead: 9,
  } as unknown as Partition)
  await haltedByName(engine, 3)

  const begin = partition(4)
  begin.begin = () => {
    throw new Error(REASON)
  }
  source.reclaim(begin.claim!)
  await haltedByName(engine, 4)

  const compareQuiet = positions.compareQuiet.bind(positions)
  positions.compareQuiet = broken
  claims.assigned()
  positions.compareQuiet = compareQuiet
  await until(() => restarts.length > 0, { deadlineMs: DEADLINE_MS, what: 'a restart' })
  assert.equal(restarts, ['storekeeper'])

  assert.ok(others(engine, 5), 'the last partition goes on')
  const producer = createKafkaClient().producer()
  await producer.connect()
  await producer.send({ topic: name, messages: [{ partition: 5, value: '{"msg":"m"}' }] })
  await producer.disconnect()
  const isStored = () => partition(5).claim?.committed === 1
  await until(isStored, { deadlineMs: DEADLINE_MS, what: 'a record of the last partition' })
  await stop()
  assert.equal(unhandled, [])
})

test.run()
