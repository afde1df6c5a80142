/**
 * Several instances in one group: one is killed and the others take over after the session time-out, one joins. Every
 * change of the assignment comes in the middle of the flow.
 */
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { Scenario } from '../scenario.ts'

const RECORDS_PER_SECOND = 20_000
const PARTITIONS = 4
export const scenario = new Scenario({
  rows: [7],
  name: 'two-instances',
  what: 'one of two instances is killed, and later one joins',
  timeoutMs: 90_000,
})

/** Waits until these instances own all partitions between them, and each owns some. */
async function settled(flow: Flow, instances: readonly Instance[]): Promise<void> {
  const isShared = async () => {
    const owned = await Promise.all(instances.map(instance => instance.metric('partitions')))
    return owned.every(count => count > 0) && owned.reduce((sum, count) => sum + count, 0) === PARTITIONS
  }
  const wait = until(isShared, { deadlineMs: 30_000, what: `${PARTITIONS} partitions are shared` })
  await Promise.all(instances.map(instance => instance.during(wait)))
  const before = await flow.observer.positions()
  const isFlowing = async () => {
    const now = await flow.observer.positions()
    return [...before].every(([partition, position]) => now.get(partition)! > position)
  }
  await instances[0]!.during(until(isFlowing, { deadlineMs: 20_000, what: 'commits in every partition' }))
}

scenario.case('one is killed, one joins', async context => {
  const flow = await context.flow({ partitions: PARTITIONS })
  // For as long as it takes: how long is not known.
  const stopProducing = flow.keepProducing(RECORDS_PER_SECOND)
  const first = flow.start()
  const second = flow.start()
  await settled(flow, [first, second])
  await first.kill('SIGKILL')
  context.injected()
  await settled(flow, [second])
  const third = flow.start()
  await settled(flow, [second, third])
  await stopProducing()
  await second.during(flow.caughtUp())
  await Promise.all([second.ready(), third.ready()])
  await flow.assertExactlyOnce()
})
