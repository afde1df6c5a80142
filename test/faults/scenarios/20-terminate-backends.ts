/**
 * pg_terminate_backend of the writers' connections, again and again while records flow: in COPY, in the tail, between
 * transactions. The batches are gzipped. The program finds out by itself what became of each transaction.
 */
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type { Flow } from '../flow.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 200_000
const RECORDS_PER_SECOND = 20_000
const HITS = 60
const LEAST_PAUSE_MS = 50
const MOST_PAUSE_MS = 200
export const scenario = new Scenario({
  rows: [20],
  name: 'terminate-backends',
  what: 'pg_terminate_backend of the writers, again and again',
  timeoutMs: 90_000,
})

/** Ends the writers' backends and returns what each was doing. */
async function terminate({ observer }: Flow): Promise<string[]> {
  const rows = await observer.query<{ state: string; ended: boolean }>(
    `select state, pg_terminate_backend(pid) as ended from pg_stat_activity
     where datname = current_database() and application_name like 'logcollector writer %'`,
  )
  return rows.filter(({ ended }) => ended).map(({ state }) => state)
}

scenario.case('nothing is lost and nothing is stored twice', async context => {
  const flow = await context.flow({ settings: { 'sink.transaction_bytes': '512KiB' } })
  const instance = flow.start()
  let isProduced = false
  const producing = flow
    .produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND, compression: 'gzip' })
    .finally(() => {
      isProduced = true
    })
  const states: string[] = []
  while (states.length < HITS || !isProduced) {
    assert.is(instance.ending, null, 'the program ended')
    const ended = await terminate(flow)
    states.push(...ended)
    context.injected(ended.length)
    await delay(flow.random.between(LEAST_PAUSE_MS, MOST_PAUSE_MS))
  }
  await producing
  const busy = states.filter(state => state !== 'idle').length
  console.log(`${states.length} backends ended, ${busy} of them in a transaction`)
  assert.ok(busy >= HITS / 10, `only ${busy} backends were ended in a transaction`)
  await instance.during(flow.caughtUp())
  await instance.ready()
  await flow.assertExactlyOnce()
})
