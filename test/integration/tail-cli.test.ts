/** `logcollector search` and `logcollector tail` against a running API: what they print, and what they say when it fails. */
import * as assert from 'uvu/assert'
import { runCli } from '../../src/cli/program.ts'
import type { LogRecord } from '../../src/query/contract.ts'
import { findFreePorts } from '../../stack/ports.ts'
import { suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { apiWith, numberOf, TOPIC } from './api-fixture.ts'

const test = suite('cli/search and tail', { timeoutMs: 20_000 })

interface Run {
  readonly records: LogRecord[]
  readonly notes: string[]
  readonly code: Promise<number>
}

function run(...args: readonly string[]): Run {
  const [records, notes]: [LogRecord[], string[]] = [[], []]
  const out = (text: string): void => void records.push(JSON.parse(text))
  const code = runCli([...args, '--json'], { out, note: text => void notes.push(text) })
  return { records, notes, code }
}

test('search prints what fits, newest first, over as many pages as it takes', async () => {
  const { server } = await apiWith(3000)
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const errors = run('search', 'severity>=error', 'service=checkout', '--url', url, '--limit', '3')
  assert.is(await errors.code, 0)
  assert.equal(errors.records.map(numberOf), [2970, 2910, 2880])
  assert.ok(errors.records.every(({ severity, service }) => severity >= 17 && service === 'checkout'))
  const all = run('search', '--url', url, '--limit', '1500')
  await all.code
  assert.equal(
    all.records.map(numberOf),
    Array.from({ length: 1500 }, (_, index) => 2999 - index),
  )
})

test('tail prints what is committed until it is told to stop', async () => {
  const { api, server, url: postgres } = await apiWith(10)
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const tail = run('tail', 'message~fresh', '--url', url)
  // One record after the other, until the first is seen: it may take a moment to be let in.
  let offset = 5
  const commit = async (): Promise<boolean> => {
    await execute(
      postgres,
      `set search_path = logcollector, pg_catalog; begin;
       insert into logs values ('2026-01-15T11:00:00Z', 9, 's', null, null, null, 'fresh ${offset}', '{}', 1, 0, ${offset});
       insert into ingest_ledger
         (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes, min_ts, max_ts)
         values (1, 0, ${offset}, ${offset + 1}, 1, 0, 0, 1, '2026-01-15T11:00:00Z', '2026-01-15T11:00:00Z');
       update offsets set next_offset = ${offset + 1} where topic_id = 1 and kafka_partition = 0; commit`,
    )
    offset += 1
    api.news()
    return tail.records.length > 0
  }
  await until(commit, { deadlineMs: 5000, everyMs: 100, what: 'a record' })
  assert.match(tail.records[0]!.message!, /^fresh \d+$/)
  assert.is(tail.records[0]!.topic, TOPIC)
  process.emit('SIGINT')
  assert.is(await tail.code, 0)
})

test('a wrong filter is shown with its place, an API that is not there with its address', async () => {
  const wrong = run('tail', 'sevrity=error')
  assert.is.not(await wrong.code, 0)
  assert.match(wrong.notes.join(''), /column=1.*sevrity/s)
  const [port] = await findFreePorts(1)
  const away = run('search', '--url', `http://127.0.0.1:${port}`)
  assert.is.not(await away.code, 0)
  assert.match(away.notes.join(''), /127\.0\.0\.1:\d+.*ECONNREFUSED/s)
})

test.run()
