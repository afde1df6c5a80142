/**
 * Parts of a running engine that end by an error nobody foresaw (methods are replaced to throw it): each begins anew by
 * itself, the records flow on, every one is stored once; and one that fails again and again ends the engine.
 */
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { type Engine, RESTART_INTENSITY } from '../../src/engine/engine.ts'
import { PipelineError } from '../../src/errors.ts'
import { assertExactlyOnce } from '../faults/judge.ts'
import { Observer } from '../faults/observer.ts'
import { Oracle } from '../faults/oracle.ts'
import { createKafkaClient, database, topic } from '../support/services.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('supervision', { timeoutMs: 60_000 })
const PARTITIONS = 3
const BATCH_RECORDS = 500
const DEADLINE_MS = 20_000

/** What the parts hide, as far as it is replaced here. */
interface Inside {
  readonly adapter: { readonly cluster: { refreshMetadataIfNecessary: () => Promise<void> } }
  readonly source: { readonly fetchers: ReadonlyMap<number, { planPoll: () => unknown }> }
  readonly sink: {
    readonly all: readonly {
      report: () => void
      next: () => unknown
      readonly line: { readonly session: { commit: () => unknown; readonly socket: Socket } }
    }[]
  }
  readonly pool: { readonly piscina: { readonly threads: readonly NodeJS.EventEmitter[] } }
  readonly storekeeper: { turn: (chore: object) => Promise<void> }
}
const insideOf = (engine: Engine): Inside => engine.parts as unknown as Inside

const broken = (): never => {
  throw new Error('nobody foresaw this')
}

/** At an error of this name kafkajs crashes at once, and for good. */
const notForKafkajs = Object.assign(new Error('nobody foresaw this'), { name: 'KafkaJSNotImplemented' })

async function setUp() {
  const [name, url] = await Promise.all([topic({ partitions: PARTITIONS }), database()])
  const restarts: string[] = []
  const settings = {
    'kafka.topics': name,
    'kafka.group_id': `supervision-${randomUUID()}`,
    'postgres.url': url,
    'postgres.writers': '2',
  } as const
  const listener = (_: string, facts: object) => {
    if ('restarts' in facts && 'child' in facts) restarts.push(String(facts.child))
  }
  const running = startEngine(settings, { listener })
  const oracle = new Oracle()
  let sent = 0
  const send = async () => {
    const producer = createKafkaClient().producer()
    await producer.connect()
    try {
      for (let partition = 0; partition < PARTITIONS; partition++, sent++) {
        const indexes = Array.from({ length: BATCH_RECORDS }, (_, n) => sent * BATCH_RECORDS + n)
        const messages = indexes.map(n => ({ partition, value: JSON.stringify({ msg: 'm', id: `id-${n}` }) }))
        const [ack] = await producer.send({ topic: name, messages })
        const baseOffset = Number(ack?.baseOffset)
        oracle.add({ topic: name, partition, baseOffset, count: BATCH_RECORDS, indexes }, n => `id-${n}`)
      }
    } finally {
      await producer.disconnect()
    }
  }
  const observer = new Observer(url, name)
  await send()
  await running.ready()
  await observer.caughtUp(oracle, DEADLINE_MS)
  return {
    ...running,
    inside: insideOf(running.engine),
    observer,
    restarts,
    send,
    /** Waits until the part was restarted and everything sent is stored, once, by a claim of this engine. */
    async recovered(...children: string[]) {
      await until(() => restarts.length >= children.length, {
        deadlineMs: DEADLINE_MS,
        what: `restart of ${children.join(', ')}`,
      })
      await send()
      await observer.caughtUp(oracle, DEADLINE_MS)
      await running.ready()
      assert.equal(restarts, children)
      await assertExactlyOnce(url, oracle, name)
      assert.ok(await running.stop(), 'nothing was abandoned')
      for (const { account, usedBytes } of running.engine.snapshot().arena)
        assert.is(usedBytes, 0, `${account}: every region came back`)
    },
  }
}

test('a writer that dies in an open transaction: a new session, and new claims of what it held', async () => {
  const { engine, inside, observer, recovered, send } = await setUp()
  const [old] = engine.parts.sink.all
  const tokens = await observer.owners()
  const { session } = inside.sink.all[0]!.line
  const wasClosed: boolean[] = []
  const { source } = engine.parts
  const reclaim = source.reclaim.bind(source)
  source.reclaim = claim => {
    wasClosed.push(session.socket.closed)
    reclaim(claim)
  }
  session.commit = broken
  inside.sink.all[0]!.report = broken
  await send()
  await recovered('writer 0')
  assert.ok(wasClosed.length > 0, 'it held something')
  assert.ok(!wasClosed.includes(false), 'its regions come back when nothing can send from them any more')
  assert.is.not(engine.parts.sink.all[0], old)
  const kept = (await observer.owners()).filter(token => tokens.includes(token))
  assert.ok(kept.length > 0 && kept.length < PARTITIONS, 'what the other writer had is still its own')
})

test('a writer that dies with batches waiting: they are read again', async () => {
  const { inside, recovered, send } = await setUp()
  inside.sink.all[1]!.next = broken
  await send()
  await recovered('writer 1')
})

test('a crash that kafkajs does not recover from: the group is joined anew, and the claims are kept', async () => {
  const { engine, inside, observer, recovered } = await setUp()
  const tokens = await observer.owners()
  const cluster = inside.adapter.cluster
  cluster.refreshMetadataIfNecessary = () => Promise.reject(notForKafkajs)
  await recovered('membership')
  assert.is.not(inside.adapter.cluster, cluster)
  assert.equal(await observer.owners(), tokens)
  assert.is(engine.parts.membership.missing.length, 0)
})

test('a fetcher’s loop, the pool’s threads and the storekeeper', async () => {
  const { inside, recovered, restarts, send } = await setUp()
  const [[broker, fetcher]] = [...inside.source.fetchers] as [[number, { planPoll?: () => unknown }]]
  fetcher.planPoll = () => {
    delete fetcher.planPoll
    return broken()
  }
  await until(() => restarts.length === 1, { deadlineMs: DEADLINE_MS, what: 'the restart of the fetcher' })
  inside.pool.piscina.threads[0]!.emit('error', new Error('the thread died'))
  await send()
  await inside.storekeeper.turn({ name: 'a chore', everyMs: 1_000, run: broken })
  await recovered(`fetcher ${broker}`, 'parse pool', 'storekeeper')
})

test('a part that fails more often than the budget allows ends the engine', async () => {
  const { engine, inside, restarts } = await setUp()
  for (const fetcher of inside.source.fetchers.values()) fetcher.planPoll = broken
  const end = await engine.done.catch(error => error)
  assert.ok(end instanceof PipelineError && end.code === 'RESTARTS_EXCEEDED')
  assert.match(String(end.context.child), /^fetcher /)
  assert.is(restarts.length, RESTART_INTENSITY)
})

test.run()
