/** All brokers are gone for a while: the program waits, says so, takes no more memory, and goes on when they are back. */
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { peakRssBytes } from '../../../native-bench/process-usage.ts'
import { startKafka } from '../../../stack/kafka.ts'
import { cleanUp } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 50_000
const MIB = 2 ** 20
/** Longer than the session time-out of the group. */
const AWAY_MS = 8_000
const MOST_GROWTH_MIB = 48

export const scenario = new Scenario({
  rows: [9],
  name: 'all-brokers',
  what: 'kill -9 of every broker, and nothing for longer than the session time-out',
  timeoutMs: 90_000,
})

scenario.case('it waits, and goes on when they are back', async context => {
  const kafka = await startKafka({ heapMiB: 384 })
  cleanUp(() => kafka.stop())
  const flow = await context.flow({ brokers: kafka.address })
  const instance = flow.start()
  await instance.ready()
  await flow.produce({ records: RECORDS })
  await instance.during(flow.caughtUp())
  const before = peakRssBytes(instance.pid) / MIB
  await kafka.kill('SIGKILL')
  const saysSo = async () => !(await instance.readiness()).ready
  await instance.during(until(saysSo, { deadlineMs: 30_000, what: '/readyz says that no broker answers' }))
  // The time itself is the fault.
  await instance.during(delay(AWAY_MS))
  assert.is((await fetch(`${await instance.url()}/healthz`)).status, 200)
  await kafka.restart()
  context.injected()
  await flow.produce({ records: RECORDS })
  await instance.during(flow.caughtUp())
  await instance.ready()
  const grown = peakRssBytes(instance.pid) / MIB - before
  assert.ok(grown < MOST_GROWTH_MIB, `${grown.toFixed(0)} MiB more than before`)
  for (const event of ['source:partition:halted', 'supervisor:child:restarted'])
    assert.is(instance.events(event).length, 0, event)
  await flow.assertExactlyOnce()
  assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
})
