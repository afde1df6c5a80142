/**
 * A disk that is full: nothing more is taken in, /readyz, metrics and log say why, and when there is room again it goes on
 * by itself. The disk is a small file system of its own, for which one has to be root.
 */
import { spawnSync } from 'node:child_process'
import { chownSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { createDataFolder } from '../../../stack/paths.ts'
import { startPostgres } from '../../../stack/postgres.ts'
import { database } from '../../support/services.ts'
import { cleanUp } from '../../support/suite.ts'
import { execute } from '../../support/template.ts'
import { until } from '../../support/wait.ts'
import { Scenario } from '../scenario.ts'

const MIB = 2 ** 20
const DISK_MIB = 96
const LEFT_MIB = 14
const RECORDS = 100_000
export const scenario = new Scenario({
  rows: [24],
  name: 'full-disk',
  what: 'the disk of Postgres is full, and has room again',
  timeoutMs: 60_000,
})

/** A file system of so many MiB, or null where we may not mount one. */
function mountDisk(): string | null {
  const folder = createDataFolder('disk')
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', folder])
  if (status !== 0) return null
  cleanUp(() => void spawnSync('umount', ['-l', folder]))
  return folder
}

scenario.case('intake pauses and says so, and goes on when there is room', async context => {
  const disk = mountDisk()
  if (disk === null) return context.skip('only root may mount a small disk')
  // The log of transactions lies elsewhere: without room for that the whole server would go down.
  const server = await startPostgres()
  cleanUp(() => server.stop())
  const { gid, uid } = statSync(server.dataFolder)
  chownSync(disk, uid, gid)
  const url = await database({ server: server.url })
  const name = new URL(url).pathname.slice(1)
  await execute(
    url,
    `create tablespace small location '${disk}'`,
    `alter database ${name} set default_tablespace = small`,
  )
  const flow = await context.flow({ database: url, partitions: 2 })
  const instance = flow.start()
  await instance.ready()
  const { bavail, bsize } = statfsSync(disk)
  const ballast = join(disk, 'ballast')
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - LEFT_MIB * MIB))
  await flow.produce({ records: RECORDS })
  const isSaid = async () => {
    const { ready, reasons } = await instance.readiness()
    if (ready || !reasons.some(reason => /writer \d: Postgres has no room left on its disk/.test(reason)))
      throw new Error(reasons.join('; '))
    return true
  }
  await instance.during(until(isSaid, { deadlineMs: 20_000, what: '/readyz says that the disk is full' }))
  const { code, sqlstate } = instance.events('sink:transaction:failed').at(-1)!
  assert.equal({ code, sqlstate }, { code: 'POSTGRES_FULL', sqlstate: '53100' })
  assert.ok((await instance.metric('disk_full')) === 1)
  assert.ok((await flow.lag()) > 0)
  rmSync(ballast)
  context.injected()
  await instance.during(flow.caughtUp())
  await instance.ready()
  assert.is(await instance.metric('disk_full'), 0)
  for (const event of ['source:partition:halted', 'supervisor:child:restarted', 'source:group:crashed'])
    assert.is(instance.events(event).length, 0, event)
  assert.is(await flow.observer.committed(), RECORDS)
  await flow.assertExactlyOnce()
  await instance.kill('SIGTERM')
})
