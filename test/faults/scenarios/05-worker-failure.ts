/**
 * Records that hang, kill, fail or outlive the worker that parses them, each in a partition of its own among good ones,
 * with another partition busy all the time: the guilty record alone is a dead letter, with its bytes.
 */
import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { type Conduct, conducts, markerOf, sharePlan } from '../../fixtures/workers/conduct.ts'
import { startEngine } from '../../integration/in-process.ts'
import { createKafkaClient, database, topic } from '../../support/services.ts'
import { type DeadLetter, readDeadLetters } from '../dead-letter.ts'
import { Observer } from '../observer.ts'
import { Oracle } from '../oracle.ts'
import { Scenario } from '../scenario.ts'

export const scenario = new Scenario({
  rows: [5, 6],
  name: 'worker-failure',
  what: 'records that hang, kill, fail or outlive the worker thread that parses them',
  timeoutMs: 90_000,
})

const TIMEOUT_MS = 1_000
/** In each guilty partition, the guilty one among them. */
const RECORDS = 12
const GUILTY = 7
/** What the bystander's partition gets. */
const BYSTANDERS = 20_000
const BYSTANDER = conducts.length
/** Small tasks share a worker until one of them fails: that failure is of all of them, and nobody's fault yet. */
const SHARED_FAILURES = 1
/** Then the task is tried twice, and halved until one record is left. */
const MOST_FAILURES = SHARED_FAILURES + 2 + Math.ceil(Math.log2(RECORDS))
/** A failure's time-out, the end of a native call, a new thread; two workers share them. */
const MS_PER_FAILURE = TIMEOUT_MS + 1_500

const worker = new URL('../../fixtures/workers/faulty.js', import.meta.url).href

const recordOf = (partition: number, n: number): string => {
  const conduct = n === GUILTY ? conducts[partition] : undefined
  const message = conduct === undefined ? `good ${n} ${'x'.repeat(n % 300)}` : markerOf(conduct)
  return JSON.stringify({ service: `p${partition}`, msg: message, id: `p${partition}-${n}` })
}

async function sendAll(name: string): Promise<Oracle> {
  const oracle = new Oracle()
  const producer = createKafkaClient().producer()
  await producer.connect()
  const send = async (partition: number, from: number, to: number) => {
    const indexes = Array.from({ length: to - from }, (_, n) => from + n)
    const messages = indexes.map(n => ({ partition, value: recordOf(partition, n) }))
    const [ack] = await producer.send({ topic: name, messages })
    const batch = {
      topic: name,
      partition,
      baseOffset: Number(ack?.baseOffset),
      count: indexes.length,
      indexes,
    }
    oracle.add(batch, n => `p${partition}-${n}`)
  }
  try {
    for (const [partition] of conducts.entries()) await send(partition, 0, RECORDS)
    for (let n = 0; n < BYSTANDERS; n += BYSTANDERS / 20) await send(BYSTANDER, n, n + BYSTANDERS / 20)
  } finally {
    await producer.disconnect()
  }
  return oracle
}

function checkLetter(letter: DeadLetter, conduct: Conduct): void {
  const partition = conducts.indexOf(conduct)
  assert.equal([letter.partition, letter.offset, letter.code], [partition, GUILTY, 'worker_failed'])
  assert.is(letter.raw?.toString(), recordOf(partition, GUILTY), `${conduct}: its bytes`)
}

scenario.case(
  'the guilty record alone becomes a dead letter, soon, and its neighbours are stored once',
  async context => {
    const deathsLeft = sharePlan({ deaths: 1, lateAfterMs: TIMEOUT_MS - 200 })
    const [name, url] = await Promise.all([topic({ partitions: conducts.length + 1 }), database()])
    const oracle = await sendAll(name)
    const failures = new Array<number>(conducts.length + 1).fill(0)
    const restarts: string[] = []
    const settings = {
      'kafka.topics': name,
      'kafka.group_id': `worker-failure-${randomUUID()}`,
      'postgres.url': url,
      'parse.timeout': `${TIMEOUT_MS}ms`,
      workers: '2',
    } as const
    const { engine, ready, stop } = startEngine(settings, {
      worker,
      listener: (event, facts) => {
        if (event === 'parse:worker:failed' && 'fromOffset' in facts) failures[facts.partition]! += 1
        if ('restarts' in facts) restarts.push(facts.child)
      },
    })
    await ready()
    const observer = new Observer(url, name)
    await observer.caughtUp(oracle, (2 * MOST_FAILURES + 2) * MS_PER_FAILURE)
    context.injected(conducts.length)
    await context.judge(url, oracle, name)
    const guilty = conducts.filter(conduct => conduct !== 'once')
    const letters = await readDeadLetters(observer, name)
    assert.is(letters.length, guilty.length, 'no neighbour, and not what killed a worker once')
    for (const [n, conduct] of guilty.entries()) checkLetter(letters[n]!, conduct)
    assert.is(deathsLeft(), 0)
    for (const [partition, conduct] of conducts.entries()) {
      const [count, most] = [failures[partition]!, conduct === 'once' ? SHARED_FAILURES + 1 : MOST_FAILURES]
      assert.ok(count > 0 && count <= most, `${conduct}: ${count} failures, at most ${most}`)
    }
    assert.is(failures[BYSTANDER], 0)
    assert.equal(restarts, [], 'records are no reason to restart a part')
    assert.ok(await stop(), 'nothing was abandoned')
    for (const { account, usedBytes } of engine.snapshot().arena)
      assert.is(usedBytes, 0, `${account}: every region came back`)
  },
)
