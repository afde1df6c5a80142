/**
 * COMMIT and its answer are lost on the way, in turn: the program does not know whether a transaction took place, asks the
 * positions, and goes on from what they say.
 */
import * as assert from 'uvu/assert'
import { until } from '../../support/wait.ts'
import type { Message } from '../proxy/framing.ts'
import { FaultProxy } from '../proxy/proxy.ts'
import { cutInside, resetBefore, type Strike } from '../proxy/rule.ts'
import { Scenario } from '../scenario.ts'

const RECORDS_PER_SECOND = 15_000
const CUTS = 8

export const scenario = new Scenario({
  rows: [21],
  name: 'commit-lost',
  what: 'the connection breaks after COMMIT was done and before its answer arrived, or before COMMIT arrived',
  timeoutMs: 90_000,
})

const isCommitDone = ({ kind, bytes }: Message): boolean => kind === 'C' && bytes.includes('COMMIT\0')
const isCommitSent = ({ kind, bytes }: Message): boolean => kind === 'Q' && bytes.includes('commit_tail')

interface Cut {
  readonly name: string
  readonly direction: 'up' | 'down'
  readonly when: (message: Message) => boolean
  readonly strike: Strike
}

const cuts: readonly Cut[] = [
  { name: 'the answer is lost, with a reset', direction: 'down', when: isCommitDone, strike: resetBefore },
  { name: 'the answer ends in the middle', direction: 'down', when: isCommitDone, strike: cutInside(6) },
  { name: 'the COMMIT is lost, with a reset', direction: 'up', when: isCommitSent, strike: resetBefore },
  { name: 'the COMMIT ends in the middle', direction: 'up', when: isCommitSent, strike: cutInside(200) },
]

scenario.case('what was committed is not sent again, what was not is', async context => {
  const flow = await context.flow({ settings: { 'sink.transaction_bytes': '512KiB' } })
  const proxy = await FaultProxy.before(flow.url, 'postgres')
  const instance = flow.start({ 'postgres.url': proxy.through(flow.url) })
  await instance.ready()
  const stopProducing = flow.keepProducing(RECORDS_PER_SECOND)
  for (let n = 0; n < CUTS; n++) {
    const { name, direction, when, strike } = cuts[n % cuts.length]!
    const rule = proxy.rule({
      direction,
      when: message => context.random.isOneIn(3) && when(message),
      strike,
    })
    await instance.during(until(() => rule.isSpent, { deadlineMs: 20_000, everyMs: 2, what: name }))
    context.injected()
    await instance.during(flow.flowing(`after ${name}`, 20_000))
  }
  await stopProducing()
  await instance.during(flow.caughtUp())
  await instance.ready()
  const failed = await instance.metric('transaction_failures_total')
  assert.ok(failed >= CUTS, `${failed} transactions failed where ${CUTS} connections were cut`)
  assert.is(instance.events('source:partition:halted').length, 0)
  await flow.assertExactlyOnce()
})
