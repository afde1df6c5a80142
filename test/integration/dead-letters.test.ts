/**
 * `logcollector dead-letters`: what is listed, replayed and purged, and that a record has at most one row whoever
 * replays it, how often, at the same time, or dies in the middle (src/replay, src/sink/replay.ts).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { loadConfig, parserSettings } from '../../src/config/index.ts'
import { LetterParser } from '../../src/replay/parser.ts'
import { verify } from '../../src/store/verify/index.ts'
import { guard } from '../../stack/guard.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { Flow } from '../faults/flow.ts'
import { cli } from '../support/cli.ts'
import { postgresAddress } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute, uniqueName } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'
import { Letters, type Made } from './letters-fixture.ts'

const test = suite('dead letters', { timeoutMs: 30_000 })
const program = join(import.meta.dirname, '..', '..', 'src', 'main.js')
const DAY_MS = 86_400_000

const rows = (count: number): Made[] =>
  Array.from({ length: count }, (_, n) => ({
    raw: JSON.stringify({ service: `s${n % 3}`, msg: `record ${n}` }),
  }))

const replay = async (letters: Letters, ...more: readonly string[]) => {
  const { code, out, note } = await cli('dead-letters', 'replay', '--json', ...letters.settings, ...more)
  assert.is(note, '')
  const report = JSON.parse(out) as { replayed: number; failed: number; reasons: object[] }
  return { ...report, code }
}

/** All of it, and what was committed lately. */
async function assertVerified({ url }: Letters): Promise<void> {
  for (const sinceMs of [null, Date.now() - DAY_MS]) {
    const report = await verify(url, { sinceMs })
    assert.ok(report.ok, JSON.stringify(report))
  }
}

test('what is acceptable now becomes a row, what is not stays and says why', async () => {
  const letters = await Letters.create([
    { raw: '{"service":"web","level":"error","msg":"was too large once"}' },
    { raw: 'no JSON' },
    { raw: '{"service":"web","msg":"older than all the others"}', kafkaMs: Date.now() - 5 * DAY_MS },
    { raw: null, code: 'row_refused' },
    { raw: null, kafkaMs: null, code: 'worker_failed' },
    { raw: '{"msg":"the second half"}', kafkaMs: Date.now() - 6 * DAY_MS },
    { raw: 'no JSON either' },
  ])
  await assertVerified(letters)
  const strict = ['--set', 'parse.malformed=dead_letter']
  assert.equal(await replay(letters, ...strict), {
    replayed: 4,
    failed: 3,
    reasons: [
      { reason: 'not JSON', letters: 2 },
      { reason: 'nothing of the record was kept', letters: 1 },
    ],
    code: 3,
  })
  assert.equal(await letters.stored(), [0, 2, 3, 5], 'a tombstone is a row too')
  await assertVerified(letters)
  const [row] = await letters.observer.query<{
    service: string
    severity: number
    message: string
    day: string
  }>(`select service, severity, message from logs where kafka_offset = 0`)
  assert.equal(row, { service: 'web', severity: 17, message: 'was too large once' })

  assert.equal((await replay(letters, ...strict)).replayed, 0)
  const [kept] = await letters.observer.query(
    'select attempts, last_reason, replayed_at from dead_letters where kafka_offset = 1',
  )
  assert.equal(kept, { attempts: 2, last_reason: 'not JSON', replayed_at: null })

  assert.equal((await replay(letters)).replayed, 2, 'as rows with the raw text')
  assert.equal(await letters.stored(), [0, 1, 2, 3, 5, 6])
  await assertVerified(letters)
})

test('a row that Postgres refuses again does not keep its neighbours from being stored', async () => {
  const letters = await Letters.create(rows(20))
  await letters.observer.query(`alter table logs add constraint no_seven check (message <> 'record 7')`)
  const { failed, reasons, replayed } = await replay(letters)
  assert.equal([replayed, failed], [19, 1])
  assert.match(JSON.stringify(reasons), /23514: .*no_seven/)
  await assertVerified(letters)
  await letters.observer.query('alter table logs drop constraint no_seven')
  assert.is((await replay(letters)).replayed, 1)
  assert.is((await letters.stored()).length, 20)
  await assertVerified(letters)
})

test('of a record that is not kept, the refused row is stored', async () => {
  const config = loadConfig({ file: null, env: {} })
  const parser = new LetterParser(parserSettings(config), () => 0)
  const place = { topic: 'logs', topicId: 1, partition: 0, offset: 0 }
  const raw = Buffer.from('{"service":"web","msg":"encoded"}')
  const parsed = parser.parse({ ...place, kafkaMs: Date.now(), key: null, raw, headers: null, encoded: null })
  assert.ok('row' in parsed)
  const fewer = Buffer.from(parsed.row.copy)
  fewer.writeInt16BE(9)
  const letters = await Letters.create([
    { raw: null, kafkaMs: null, encoded: parsed.row.copy },
    { raw: null, kafkaMs: null, encoded: fewer },
  ])
  const { failed, reasons, replayed } = await replay(letters)
  assert.equal([replayed, failed], [1, 1])
  assert.match(JSON.stringify(reasons), /9 columns/)
  assert.equal(await letters.stored(), [0])
  await assertVerified(letters)
})

test('filters and limits choose, and other groups are left alone', async () => {
  const letters = await Letters.create([...rows(6), { raw: '{"msg":"x"}', code: 'row_refused' }])
  const foreign = ['--set', 'kafka.group_id=somebody-else']
  assert.is((await replay(letters, ...foreign)).replayed, 0)
  for (const none of [
    ['--topic', 'other'],
    ['--partition', '1'],
    ['--until', '1h'],
  ])
    assert.is((await replay(letters, ...none)).replayed, 0, none.join(' '))
  assert.is((await replay(letters, '--code', 'row_refused')).replayed, 1)
  assert.is((await replay(letters, '--topic', 'letters', '--offset', '2', '--since', '1h')).replayed, 1)
  assert.is((await replay(letters, '--limit', '2')).replayed, 2)
  assert.equal(await letters.stored(), [0, 1, 2, 6])
  const listed = await cli('dead-letters', 'list', '--json', '--state', 'waiting', ...letters.settings)
  const lines = listed.out.trim().split('\n')
  assert.equal(lines.map(line => (JSON.parse(line) as { offset: number }).offset).sort(), [3, 4, 5])
  const shown = await cli('dead-letters', 'show', '--offset', '4', ...letters.settings)
  assert.match(shown.out, /value +\{"service":"s1","msg":"record 4"\}/)
  assert.match((await cli('dead-letters', 'list', ...letters.settings)).out, '7 shown')
})

test('purged letters are counted: verify balances, whatever was replayed before', async () => {
  const letters = await Letters.create(rows(10))
  await replay(letters, '--limit', '7')
  assert.is((await cli('dead-letters', 'purge', ...letters.settings)).code, 2, 'not without a word')
  const purge = async (...more: string[]) =>
    JSON.parse((await cli('dead-letters', 'purge', '--json', ...letters.settings, ...more)).out) as object
  assert.equal(await purge('--offset', '9'), { purged: 1 })
  await assertVerified(letters)
  assert.equal(await purge('--state', 'replayed'), { purged: 7 })
  await assertVerified(letters)
  assert.equal(await purge('--all'), { purged: 2 })
  await assertVerified(letters)
  assert.equal(await letters.stored(), [0, 1, 2, 3, 4, 5, 6])
  await letters.observer.query('delete from dead_letters_purged where first_offset = 5')
  assert.not((await verify(letters.url, { sinceMs: null })).ok, 'a count that is gone is missed')
})

test('the grants of docs/dead-letters.md are enough', async () => {
  const letters = await Letters.create(rows(3))
  const role = uniqueName('operator')
  const page = readFileSync(join(repositoryRoot, 'docs', 'dead-letters.md'), 'utf8')
  const [, grants] = /<!-- test: operator -->\n```sql\n([^`]+)/.exec(page) ?? []
  assert.ok(grants)
  cleanUp(() => execute(postgresAddress(), `drop role ${role}`))
  cleanUp(() => execute(letters.url, `drop owned by ${role}`))
  await execute(letters.url, grants.replaceAll('logcollector_operator', role))
  const url = Object.assign(new URL(letters.url), { username: role }).href
  assert.is((await replay(letters, '--set', `postgres.url=${url}`, '--limit', '2')).replayed, 2)
  const purged = await cli(
    'dead-letters',
    'purge',
    '--all',
    ...letters.settings,
    '--set',
    `postgres.url=${url}`,
  )
  assert.match(purged.out, '3 purged')
  await assertVerified(letters)
})

test('two replays at once: every letter once', async () => {
  const letters = await Letters.create(rows(1_200))
  const reports = await Promise.all([replay(letters), replay(letters), replay(letters)])
  const sum = reports.reduce((total, { replayed }) => total + replayed, 0)
  // What was locked by another at the moment is passed; the next one finds it.
  const rest = await replay(letters)
  assert.is(sum + rest.replayed, 1_200)
  assert.equal(await letters.stored(), [...Array(1_200).keys()])
  await assertVerified(letters)
})

/** Waits for a replay that stands in a lock, and returns its backend. */
async function blocked({ observer }: Letters): Promise<number> {
  const find = async () => {
    // In a transaction pg_stat_activity shows what it showed first; locks are as they are.
    const [found] = await observer.query<{ pid: number }>(
      `select pid from pg_locks where not granted
         and database = (select oid from pg_database where datname = current_database())`,
    )
    return found?.pid
  }
  return until(find, { deadlineMs: 10_000, what: 'a replay in a lock' })
}

for (const [table, moment] of [
  ['logs', 'before its rows are stored'],
  ['log_rollup_1m', 'between the rows and COMMIT'],
] as const) {
  test(`a replay whose backend is terminated ${moment} leaves nothing behind`, async () => {
    const letters = await Letters.create(rows(50))
    const { observer } = letters
    await replay(letters, '--limit', '1')
    await observer.query('begin')
    await observer.query(`lock table ${table} in access exclusive mode`)
    const failing = cli('dead-letters', 'replay', ...letters.settings)
    await observer.query(`select pg_terminate_backend(${await blocked(letters)})`)
    const { code, note } = await failing
    assert.is(code, 4, note)
    await observer.query('commit')
    assert.equal(await letters.stored(), [0])
    assert.is((await replay(letters)).replayed, 49)
    assert.equal(await letters.stored(), [...Array(50).keys()])
    await assertVerified(letters)
  })
}

test('kill -9 between the rows and COMMIT: nothing is stored, and another replay stores it once', async () => {
  const letters = await Letters.create(rows(50))
  const { observer } = letters
  await replay(letters, '--limit', '1')
  await observer.query('begin')
  await observer.query('lock table log_rollup_1m in access exclusive mode')
  const child = spawn(process.execPath, [program, 'dead-letters', 'replay', ...letters.settings], {
    stdio: 'ignore',
  })
  guard({ watch: child.pid!, signal: 'SIGKILL' })
  const ended = once(child, 'exit')
  cleanUp(() => void child.kill('SIGKILL'))
  await blocked(letters)
  child.kill('SIGKILL')
  await ended
  guard({ forget: child.pid! })
  // Its backend has not noticed yet, and holds the letters.
  assert.is((await replay(letters)).replayed, 0)
  await observer.query('commit')
  const isOver = async () => (await replay(letters)).replayed === 49
  await until(isOver, { deadlineMs: 10_000, what: 'the other replay' })
  assert.equal(await letters.stored(), [...Array(50).keys()])
  await assertVerified(letters)
})

test('beside running writers, from Kafka on: what is replayed is there once, with its neighbours', async () => {
  const flow = await Flow.create({ partitions: 2 })
  const { observer } = flow
  // A few in a thousand: more would be taken for a wrong setting, and halt.
  await observer.query(
    `alter table logs add constraint no_failure check (service <> 'gateway' or severity < 17)`,
  )
  const { ready } = startEngine({
    'kafka.topics': flow.topic,
    'kafka.group_id': flow.group,
    'postgres.url': flow.url,
    'parse.malformed': 'dead_letter',
  })
  await ready()
  const replays = async (...more: string[]) =>
    cli(
      'dead-letters',
      'replay',
      '--json',
      '--set',
      `postgres.url=${flow.url}`,
      '--set',
      `kafka.group_id=${flow.group}`,
      ...more,
    )
  const waiting = async (code: string) => {
    const [row] = await observer.query<{ count: string }>(
      'select count(*) from dead_letters where replayed_at is null and code = $1',
      [code],
    )
    return Number(row!.count)
  }
  const producing = flow.produce({ records: 4_000, recordsPerSecond: 2_000 })
  await until(async () => (await waiting('parse_refused')) > 5, { deadlineMs: 15_000, what: 'dead letters' })
  await Promise.all([replays(), replays(), producing])
  await flow.caughtUp()
  assert.ok((await waiting('row_refused')) > 0, 'Postgres refused some')
  await observer.query('alter table logs drop constraint no_failure')
  await replays()
  assert.is((await waiting('parse_refused')) + (await waiting('row_refused')), 0)
  await flow.assertExactlyOnce()
})

test.run()
