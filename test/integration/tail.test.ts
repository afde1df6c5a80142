/**
 * The live tail over HTTP, against real Postgres and Redis: what is committed arrives once and in order, also after a
 * break, to those whose filter fits; who does not read loses nothing and holds up nobody (src/query/tail, src/http/tail).
 */
import { createParser } from 'eventsource-parser'
import * as assert from 'uvu/assert'
import { createApi } from '../../src/cli/api.ts'
import { loadConfig } from '../../src/config/index.ts'
import type { Events } from '../../src/events.ts'
import { buildServer } from '../../src/http/server.ts'
import { MOST_BEHIND } from '../../src/query/tail/group.ts'
import { Announcer } from '../../src/redis/cache/announcer.ts'
import { channelOf } from '../../src/redis/tail-bus.ts'
import { database, redisAddress, redisClient, redisPrefix } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { followTail, type TailClient } from './tail-client.ts'

const test = suite('tail', { timeoutMs: 20_000 })

interface Commit {
  /** Characters that each message is longer. */
  readonly padding?: number
  /** This process knows of it. */
  readonly isTold?: boolean
}

interface Fixture {
  readonly base: string
  /** Commits so many rows to partition 0 or 1, as a writer would; every tenth is an error. */
  commit(partition: number, rows: number, more?: Commit): Promise<void>
  /** Followers, the reads that serve them, and records sent to them. */
  load(): { readonly followers: number; readonly groups: number; readonly sent: number }
  /** So many rows were committed to partition 0, says the ledger. */
  pretend(rows: number): Promise<void>
}

async function fixture(settings: Readonly<Record<string, string>> = {}): Promise<Fixture> {
  const url = await database()
  await execute(
    url,
    `set search_path = logcollector, pg_catalog;
     insert into topics (cluster_id, group_id, topic) values ('c', 'g', 'web');
     insert into offsets (topic_id, kafka_partition, start_offset, next_offset) values (1, 0, 0, 0), (1, 1, 0, 0);
     select ensure_segment(date_trunc('day', now() at time zone 'UTC') at time zone 'UTC', 24)`,
  )
  const overrides = { 'postgres.url': url, 'kafka.brokers': '127.0.0.1:1', ...settings }
  const config = loadConfig({ file: null, env: {}, overrides })
  let sent = 0
  const api = createApi(config, (name, event) => {
    if (name === 'query:tail:sent') sent += (event as Events['query:tail:sent']).records
  })!
  const server = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    metrics: { contentType: 'text/plain', render: async () => '' },
    debug: null,
    api: api.deps,
  })
  const base = await server.listen({ host: '127.0.0.1', port: 0 })
  api.start()
  cleanUp(async () => {
    await server.close()
    await api.close()
  })
  const next = [0, 0]
  const commit = async (
    partition: number,
    rows: number,
    { padding = 0, isTold = true }: Commit = {},
  ): Promise<void> => {
    const first = next[partition]!
    next[partition] = first + rows
    await execute(
      url,
      `set search_path = logcollector, pg_catalog; begin;
       insert into logs select now() + n * interval '1 microsecond', case when n % 10 = 0 then 17 else 9 end,
         'shop', null, null, null, 'number ' || n || repeat('x', ${padding}), jsonb_build_object('n', n), 1, ${partition}, n
       from generate_series(${first}, ${first + rows - 1}) n;
       insert into ingest_ledger
         (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes, min_ts, max_ts)
       select 1, ${partition}, ${first}, ${first + rows}, count(*), 0, 0, 0, min(ts), max(ts)
       from logs where kafka_partition = ${partition} and kafka_offset >= ${first};
       update offsets set next_offset = ${first + rows} where kafka_partition = ${partition};
       commit`,
    )
    if (isTold) api.news()
  }
  const pretend = async (rows: number): Promise<void> => {
    next[0] = rows
    await execute(
      url,
      `set search_path = logcollector, pg_catalog;
       insert into ingest_ledger (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes)
       values (1, 0, 0, ${rows}, ${rows}, 0, 0, 0);
       update offsets set next_offset = ${rows} where kafka_partition = 0`,
    )
    api.news()
  }
  return { base, commit, pretend, load: () => ({ ...api.snapshot().tail, sent }) }
}

const clients: TailClient[] = []

/** Follows until the test ends. */
async function follow(base: string, query = '', after?: string): Promise<TailClient> {
  const client = await followTail(base, query, after)
  clients.push(client)
  return client
}

const offsetsOf = ({ records }: TailClient, partition: number): number[] =>
  records.filter(each => each.partition === partition).map(({ offset }) => offset)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

const each = (title: string, body: () => Promise<void>): void =>
  test(title, async () => {
    try {
      await body()
    } finally {
      for (const client of clients.splice(0)) client.close()
    }
  })

each('what is committed arrives, to those whose filter fits', async () => {
  const { base, commit, load } = await fixture()
  await commit(0, 5)
  const [all, errors, none] = [
    await follow(base),
    await follow(base, '?min_severity=error'),
    await follow(base, '?service=other'),
  ]
  await commit(0, 20)
  await commit(1, 30)
  await until(() => all.records.length === 50, { deadlineMs: 5000, what: '50 records' })
  await until(() => errors.records.length === 5, { deadlineMs: 2000, what: '5 errors' })
  assert.equal(offsetsOf(all, 0), upTo(25).slice(5), 'from now on, in order, each once')
  assert.equal(offsetsOf(all, 1), upTo(30))
  assert.equal(offsetsOf(errors, 0), [10, 20])
  assert.equal(none.records, [])
  await until(() => load().groups === 1, { deadlineMs: 2000, what: 'one read serves all' })
  assert.equal(load(), { followers: 3, groups: 1, sent: 55 })
  const { message, severity_text: severity, service, topic } = errors.records[0]!
  assert.equal([message, severity, service, topic], ['number 10', 'error', 'shop', 'web'])
})

each('a client that comes back with its last id gets what it missed, each record once', async () => {
  const { base, commit } = await fixture()
  const first = await follow(base)
  await commit(0, 10)
  await until(() => first.records.length === 10, { deadlineMs: 5000, what: '10 records' })
  first.close()
  await commit(0, 700)
  await commit(1, 3)
  const second = await follow(base, '', first.lastId()!)
  await commit(0, 5)
  await until(() => second.records.length === 708, { deadlineMs: 10_000, what: 'the rest' })
  assert.equal([...offsetsOf(first, 0), ...offsetsOf(second, 0)], upTo(715))
  assert.equal(offsetsOf(second, 1), upTo(3))
  assert.equal(second.missed, [])
  const asked = await fetch(`${base}/api/v1/tail?last_event_id=nonsense`)
  assert.is(asked.status, 400)
})

each('who does not read holds up nobody, and finds all of it later', async () => {
  const { base, commit } = await fixture()
  const reader = await follow(base)
  const slow = await fetch(`${base}/api/v1/tail`)
  const rounds = 20
  for (let times = 1; times <= rounds; times++) {
    await commit(0, 250, { padding: 4000 })
    await until(() => reader.records.length === times * 250, { deadlineMs: 5000, what: 'the reader goes on' })
  }
  const numbers: number[] = []
  const parser = createParser({
    onEvent: ({ data, event }) => void (event === undefined && numbers.push(JSON.parse(data).offset)),
  })
  const decoder = new TextDecoder()
  for await (const chunk of slow.body!) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    if (numbers.at(-1) === rounds * 250 - 1) break
  }
  // It was let in a moment after it was answered.
  assert.ok(numbers[0]! <= 250)
  assert.equal(numbers, upTo(rounds * 250).slice(numbers[0]!))
})

each('who is too far behind is told how many records it missed, and goes on from now', async () => {
  const { base, commit, pretend } = await fixture()
  const client = await follow(base)
  await pretend(MOST_BEHIND + 1)
  await until(() => client.missed.length === 1, { deadlineMs: 5000, what: 'the news of it' })
  assert.equal(client.missed, [MOST_BEHIND + 1])
  await commit(0, 2)
  await until(() => client.records.length === 2, { deadlineMs: 5000, what: 'what comes then' })
  assert.equal(offsetsOf(client, 0), [MOST_BEHIND + 1, MOST_BEHIND + 2])
})

each('news come over Redis from another process, at once', async () => {
  const [url, prefix] = [redisAddress(), redisPrefix()]
  const { base, commit } = await fixture({ 'redis.url': url, 'redis.prefix': prefix })
  const announcer = new Announcer({ url, prefix, emit: () => undefined })
  announcer.start()
  cleanUp(() => announcer.stop())
  const client = await follow(base)
  const redis = redisClient()
  const subscribers = async () => Number((await redis.pubsub('NUMSUB', channelOf(prefix)))[1])
  await until(subscribers, { deadlineMs: 2000, what: 'the subscription' })
  // The ledger is looked at by itself as well, but five times in a row that takes many seconds.
  const startedAt = performance.now()
  for (let times = 0; times < 5; times++) {
    await commit(0, 3, { isTold: false })
    announcer.committed({
      topic: 'web',
      partition: 0,
      first_offset: times * 3,
      next_offset: times * 3 + 3,
      min_us: null,
      max_us: null,
    })
    const count = (times + 1) * 3
    await until(() => client.records.length === count, { deadlineMs: 8_000, what: `${count} records` })
  }
  const tookMs = performance.now() - startedAt
  assert.ok(tookMs < 10_000, `${tookMs} ms`)
})

each('one more than the bound is refused, and let in when another leaves', async () => {
  const { base } = await fixture({ 'http.api.tail_followers': '1' })
  const first = await follow(base)
  const refused = await fetch(`${base}/api/v1/tail`)
  assert.is(refused.status, 503)
  assert.is(((await refused.json()) as { error: { code: string } }).error.code, 'TAIL_FULL')
  first.close()
  await until(async () => follow(base), { deadlineMs: 3000, what: 'a place' })
})

each('a filter that nobody knows is refused', async () => {
  const { base } = await fixture()
  for (const query of ['?sevrity=error', '?min_severity=loud', '?from=2026-01-01', '?column.nosuch=1'])
    assert.is((await fetch(`${base}/api/v1/tail${query}`)).status, 400, query)
})

test.run()
