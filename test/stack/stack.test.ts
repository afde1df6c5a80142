/**
 * The local stack: instances answer, survive a kill on the same data, and leave nothing behind, also when the
 * process that started them is killed.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { startPostgres } from '../../stack/postgres.ts'
import { startRedis } from '../../stack/redis.ts'
import {
  createKafkaClient,
  database,
  kafkaAddress,
  redisClient,
  redisPrefix,
  topic,
} from '../support/services.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('stack', { timeoutMs: 90_000 })

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a test has a database of its own', async () => {
  const [one, other] = [await database(), await database()]
  await query(one, 'create table mine (id int)')
  assert.equal(await query(one, `select to_regclass('mine')::text`), ['mine'])
  assert.equal(await query(other, `select to_regclass('mine')::text`), [null])
})

test('a test has topics of its own, with the partitions it asks for', async () => {
  const name = await topic({ partitions: 3, settings: { 'retention.ms': '60000' } })
  const admin = createKafkaClient(kafkaAddress()).admin()
  await admin.connect()
  try {
    assert.is((await admin.fetchTopicOffsets(name)).length, 3)
  } finally {
    await admin.disconnect()
  }
})

test('Postgres takes settings, comes back after kill -9 with its data, and stops without a trace', async () => {
  const server = await startPostgres({ settings: { work_mem: '7MB' } })
  try {
    assert.equal(await query(server.url, 'show work_mem'), ['7MB'])
    await query(server.url, 'create table kept as select 42 as answer')
    const before = server.pid
    await server.kill('SIGKILL')
    assert.is(server.pid, null)
    await server.restart()
    assert.is.not(server.pid, before)
    assert.equal(await query(server.url, 'select answer from kept'), [42])
  } finally {
    await server.stop()
  }
  assert.not.ok(existsSync(server.dataFolder))
  await server.stop()
})

test('a test has Redis keys of its own', async () => {
  const [one, other] = [redisPrefix(), redisPrefix()]
  assert.is.not(one, other)
  assert.is(await redisClient().set(`${one}:x`, '1'), 'OK')
})

test('Redis takes settings, is empty after kill -9, and stops without a trace', async () => {
  const server = await startRedis({ settings: { maxmemory: '3mb' } })
  const client = redisClient(server.url)
  try {
    assert.equal(await client.config('GET', 'maxmemory'), ['maxmemory', String(3 * 2 ** 20)])
    await client.set('kept', '1')
    await server.kill()
    assert.is(server.pid, null)
    await server.restart()
    assert.is(await client.get('kept'), null)
  } finally {
    await server.stop()
  }
  assert.not.ok(existsSync(server.log))
})

test('what a killed process had started ends with it', async () => {
  const script = join(import.meta.dirname, '..', 'fixtures', 'abandoned-stack.js')
  const owner = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await createInterface({ input: owner.stdout })[Symbol.asyncIterator]().next()).value.match(
    /.+/,
  )
  const { pids, folders } = JSON.parse(line) as { pids: number[]; folders: string[] }
  assert.ok(pids.every(isAlive) && folders.every(existsSync))
  owner.kill('SIGKILL')
  const isGone = () => !pids.some(isAlive) && !folders.some(existsSync)
  await until(isGone, { deadlineMs: 10_000, what: 'end of the abandoned processes and their folders' })
})

test.run()
