/** Followers of the live tail that stand in each other's way: src/query/tail/feed.ts, with a database made up. */
import * as assert from 'uvu/assert'
import { PipelineError } from '../../../src/errors.ts'
import type { LogFilter } from '../../../src/query/contract.ts'
import type { Db } from '../../../src/query/read-pool.ts'
import { Feed } from '../../../src/query/tail/feed.ts'
import { readVector, writeVector } from '../../../src/query/tail/vector.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'

const test = suite('query/tail/feed')

/** Ten records of one partition; a read of whoever filters by host takes too long. */
const db: Db = {
  extraColumns: [],
  rows: async (task, sql, values) => {
    if (task === 'look at the ledger') {
      const [first] = values[2] as number[]
      const time = '2026-01-01 00:00:00+00'
      if (first === 10) return []
      const range = { topic_id: 1, kafka_partition: 0, first: String(first), next: '10', records: '10' }
      return [{ ...range, min_ts: time, max_ts: time }] as never
    }
    if (task !== 'read what is new') return []
    if (sql.includes('host = $')) throw new PipelineError('QUERY_TIMEOUT', { task })
    const place = { topic_id: 1, kafka_partition: 0, kafka_offset: '9', topic: 't', columns: null }
    return [{ us: '0', severity: 9, ...place, 'lc wanted': [true], 'lc size': 1, 'lc found': 1 }] as never
  },
}

test('a filter that takes too long holds up nobody else', async () => {
  const failures: string[] = []
  const feed = new Feed({
    use: work => work(db),
    mostFollowers: 2,
    isTold: () => true,
    emit: name => void failures.push(name),
  })
  const seen: string[] = []
  const follow = (filter: LogFilter, after: string) =>
    feed.follow(
      {
        filter,
        isFull: false,
        records: (_records, position) => void seen.push(position),
        moved: () => undefined,
        missed: () => undefined,
      },
      after,
    )
  await follow({ host: 'a' }, '1.0.0')
  await until(() => failures.length > 0, { deadlineMs: 5000, what: 'the slow read' })
  await follow({}, '1.0.1')
  await until(() => seen.length > 0, { deadlineMs: 5000, what: 'the other one' })
  assert.equal(seen, ['1.0.a'])
  await feed.stop()
})

test('a position is read as it was written, and no other way', () => {
  const vector = new Map([
    ['1.0', 5],
    ['32767.2147483647', Number.MAX_SAFE_INTEGER],
  ])
  assert.equal(readVector(writeVector(vector)), vector)
  assert.equal(readVector('_'), new Map())
  for (const text of ['', '32768.0.1', '1.2147483648.1', '01.0.1', '1.0.1__', '1.0.-1', '1.0.zzzzzzzzzzz'])
    assert.throws(() => readVector(text), 'Last-Event-ID')
})

test.run()
