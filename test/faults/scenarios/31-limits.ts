/** Too little of what the system gives: heap, file descriptors, memory of a control group. It goes on, or is started again. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { cleanUp } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 80_000
const RECORDS_PER_SECOND = 10_000
const HEAP_MIB = 48
const GROUP_MIB = 512
const CONTROLLER = '/sys/fs/cgroup/memory'

export const scenario = new Scenario({
  rows: [31],
  name: 'limits',
  what: 'a heap of 48 MiB, no file descriptor left, a control group of 512 MiB',
  timeoutMs: 60_000,
})

scenario.case('a small heap', async context => {
  const flow = await context.flow()
  await flow.produce({ records: RECORDS })
  const instance = flow.start(
    { roles: 'consume,maintain' },
    { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` },
  )
  context.injected()
  await instance.during(flow.caughtUp())
  await flow.assertExactlyOnce()
})

scenario.case('no file descriptor left when connections break', async context => {
  if (spawnSync('prlimit', ['--version']).error) return context.skip('there is no prlimit (util-linux)')
  const flow = await context.flow()
  const instance = flow.start()
  await instance.ready()
  const producing = flow.produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND })
  await instance.during(flow.flowing('at the start'))
  const lowest = Math.floor(readdirSync(`/proc/${instance.pid}/fd`).length / 2)
  const limitTo = (most: string) => spawnSync('prlimit', ['--pid', String(instance.pid), `--nofile=${most}:`])
  assert.is(limitTo(String(lowest)).status, 0)
  await flow.observer.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name like 'logcollector %'`,
  )
  const isFelt = () => /EMFILE/.test(instance.text())
  await instance.during(until(isFelt, { deadlineMs: 20_000, what: 'EMFILE in the log' }))
  assert.is(limitTo('1024').status, 0)
  context.injected()
  await producing
  await instance.during(flow.caughtUp())
  await instance.ready()
  await flow.assertExactlyOnce()
})

scenario.case('a control group', async context => {
  const group = join(CONTROLLER, `logcollector-${process.pid}`)
  try {
    mkdirSync(group)
    writeFileSync(join(group, 'memory.limit_in_bytes'), `${GROUP_MIB}M`)
  } catch {
    return context.skip(`${CONTROLLER} is not ours to write`)
  }
  const flow = await context.flow()
  // Registered first, so that the process has ended before its group goes.
  cleanUp(() => rmdirSync(group))
  const instance = flow.start()
  writeFileSync(join(group, 'cgroup.procs'), String(instance.pid))
  await flow.produce({ records: 3 * RECORDS })
  context.injected()
  await instance.during(flow.caughtUp())
  const kills = /oom_kill (\d+)/.exec(readFileSync(join(group, 'memory.oom_control'), 'utf8'))?.[1]
  assert.is(Number(kills ?? 0), 0)
  await flow.assertExactlyOnce()
  await instance.kill('SIGTERM')
})
