/** An instance that is stopped in the middle of a transaction, and another one that takes its place: for scenarios 3 and 4. */
import { until } from '../support/wait.ts'
import type { Flow } from './flow.ts'
import { forgetMembers } from './group.ts'
import type { Instance } from './instance.ts'

export const ZOMBIE_RECORDS = 5_000

/** Stops an instance behind BEGIN and COPY, lets another one store everything, and wakes it up. */
export async function makeZombie(flow: Flow): Promise<{ zombie: Instance; heir: Instance }> {
  const { observer } = flow
  const zombie = flow.start({ 'log.level': 'debug' })
  await zombie.ready()
  await observer.query('begin')
  await observer.query('lock table logs in access exclusive mode')
  await flow.produce({ records: ZOMBIE_RECORDS })
  const isBlocked = async () =>
    (await observer.query('select 1 as one from pg_locks where not granted limit 2')).length === 2
  await zombie.during(until(isBlocked, { deadlineMs: 20_000, what: 'COPY of both writers' }))
  await zombie.kill('SIGSTOP')
  const owners = new Set(await observer.owners())
  await forgetMembers(flow.group)
  await observer.query('commit')
  const heir = flow.start()
  const isTaken = async () => (await observer.owners()).every(owner => !owners.has(owner))
  await heir.during(until(isTaken, { deadlineMs: 30_000, what: 'claim of the heir' }))
  await heir.during(flow.caughtUp())
  await zombie.kill('SIGCONT')
  return { zombie, heir }
}

/** The end of both transactions that it was stopped in, each by one of these events. */
export async function afterWaking(zombie: Instance, ...events: readonly string[]): Promise<void> {
  const isOver = () => events.flatMap(event => zombie.events(event)).length >= 2
  await zombie.during(until(isOver, { deadlineMs: 20_000, what: `${events.join(' or ')} of both writers` }))
}
