/** PgBouncer between us and Postgres: in session mode everything works, transaction mode is refused and explained. */
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { produce } from '../../src/produce/produce.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import { migrate } from '../../src/store/migrate.ts'
import { verify } from '../../src/store/verify/index.ts'
import { type Pgbouncer, type PgbouncerOptions, startPgbouncer } from '../../stack/pgbouncer.ts'
import { database, kafkaAddress, postgresAddress, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('pgbouncer', { timeoutMs: 60_000 })
const RECORDS = 5_000

/** Null, and says why, where there is none and none can be fetched. */
async function start(poolMode: PgbouncerOptions['poolMode']): Promise<Pgbouncer | null> {
  try {
    const pooler = await startPgbouncer({ server: postgresAddress(), poolMode })
    cleanUp(() => pooler.stop())
    return pooler
  } catch (error) {
    if (!(error instanceof PipelineError) || error.code !== 'STACK_PREREQUISITE') throw error
    console.log(`skipped: ${error.message}`)
    return null
  }
}

async function settingsFor(url: string) {
  const name = await topic({ partitions: 2 })
  const source = { seed: 1, records: RECORDS, startMs: Date.now() - 60_000, spanMs: 60_000, keys: false }
  await produce({ brokers: kafkaAddress().split(','), topic: name, source: createGeneratedSource(source) })
  return { 'kafka.topics': name, 'kafka.group_id': name, 'postgres.url': url } as const
}

test('session mode: records are stored, exactly once', async () => {
  const pooler = await start('session')
  if (pooler === null) return
  const url = await database()
  const { engine, ready, stop } = startEngine(await settingsFor(pooler.through(url)))
  await ready()
  const stored = () => engine.snapshot().partitions.reduce((sum, { committed }) => sum + committed, 0)
  await until(() => stored() === RECORDS, { deadlineMs: 20_000, what: 'all rows' })
  assert.ok(await stop())
  const report = await verify(pooler.through(url), { sinceMs: null })
  assert.ok(report.ok, JSON.stringify(report))
})

test('transaction mode: refused with the reason, and what to do', async () => {
  const pooler = await start('transaction')
  if (pooler === null) return
  const url = pooler.through(await database())
  const error = await migrate(url).catch(thrown => thrown)
  assert.instance(error, PipelineError)
  assert.is(error.code, 'POSTGRES_POOLER')
  assert.match(error.remedy, 'pool_mode = session')
  const { notReady } = startEngine({ 'kafka.topics': await topic(), 'postgres.url': url })
  await notReady('a pooler in transaction mode')
})

test.run()
