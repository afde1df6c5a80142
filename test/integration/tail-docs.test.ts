/** docs/tail.md: its commands run, its filters are taken, its stream and its announcement look as printed. */
import * as assert from 'uvu/assert'
import { runCli } from '../../src/cli/program.ts'
import { parseFilter } from '../../src/query/filter.ts'
import { Announcer } from '../../src/redis/cache/announcer.ts'
import { channelOf } from '../../src/redis/tail-bus.ts'
import { differenceOf } from '../docs/curl-examples.ts'
import { readPage } from '../docs/sections.ts'
import { redisAddress, redisClient, redisPrefix } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { type ApiFixture, apiWith } from './api-fixture.ts'

const test = suite('integration/tail-docs', { timeoutMs: 20_000 })
const page = readPage('docs/tail.md')

let api: ApiFixture
let base: string
test.before(async () => {
  api = await apiWith(0)
  await execute(
    api.url,
    `set search_path = logcollector, pg_catalog; set timezone = 'UTC';
     insert into topics (cluster_id, group_id, topic) values ('c', 'logcollector', 'web');
     insert into offsets (topic_id, kafka_partition, start_offset, next_offset) values (1, 0, 0, 1279);
     select ensure_segment(date_trunc('day', now()), 24), ensure_segment(date_trunc('day', now() + interval '1 hour'), 24)`,
  )
  base = await api.server.listen({ host: '127.0.0.1', port: 0 })
  api.api.start()
})

let offset = 1279
/** One record that every example of the page fits, as a collector would commit it. */
async function commit(): Promise<void> {
  await execute(
    api.url,
    `set search_path = logcollector, pg_catalog; begin;
     insert into logs values (now(), 17, 'checkout', null, null, null, 'payment timeout', '{"order": 4711}', 1, 0, ${offset});
     insert into log_rollup_1m values (date_trunc('minute', now()), 'checkout', 17, 1, 0, 1, 1)
       on conflict (bucket, service, severity, topic_id, kafka_partition) do update set records = log_rollup_1m.records + 1;
     insert into ingest_ledger (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes, min_ts, max_ts)
       values (1, 0, ${offset}, ${offset + 1}, 1, 0, 0, 1, now(), now());
     update offsets set next_offset = ${offset + 1}; commit`,
  )
  offset += 1
  api.api.news()
}

test('the stream looks as printed', async () => {
  const [, path, shown] =
    /```sh\ncurl -sN 'http:\/\/localhost:8080([^']+)'\n```\n\n```text\n([\s\S]*?)\n```/.exec(page)!
  const stop = new AbortController()
  const answer = await fetch(base + path, { signal: stop.signal })
  let text = ''
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of answer.body!) text += decoder.decode(chunk, { stream: true })
  }
  read().catch(() => undefined)
  await until(() => text.includes('event: position'), { deadlineMs: 5000, what: 'the position' })
  await commit()
  const events = () => text.split('\n\n').filter(event => event !== '' && !event.startsWith(':'))
  await until(() => text.includes('payment'), { deadlineMs: 5000, what: 'the record' })
  stop.abort()
  const pattern = shown!.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '[^"\n]+')
  // The second position is one more than was asked for where the machine is slow.
  const [retry, first, ...rest] = events()
  assert.match([retry, first, rest.at(-1)].join('\n\n'), new RegExp(`^${pattern}$`))
})

test('every command of the page runs', async () => {
  const commands = /```sh\n(logcollector [\s\S]*?)\n```/.exec(page)![1]!.split('\n')
  assert.is(commands.length, 2)
  await commit()
  for (const command of commands) {
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)]
      .slice(1)
      .map(([, quoted, word]) => quoted ?? word!)
    let out = ''
    const code = runCli([...words, '--url', base, '--json'], {
      out: text => {
        out += text
      },
      note: text => assert.unreachable(text),
    })
    const isTail = words[0] === 'tail'
    const isSeen = async (): Promise<boolean> => {
      if (isTail) await commit()
      return out !== ''
    }
    await until(isSeen, { deadlineMs: 10_000, everyMs: 100, what: command })
    if (isTail) process.emit('SIGINT')
    assert.is(await code, 0)
    assert.is(JSON.parse(out.split('\n')[0]!).message, 'payment timeout')
  }
})

test('every filter of the page is one, and the API takes it', async () => {
  const cells = [...page.matchAll(/^\| (`[^|]+) \| /gm)].map(([, cell]) => cell!)
  const filters = cells.flatMap(cell =>
    [...cell.matchAll(/`([\w.]+(?:>=|=|~)[^`]+|timeout)`/g)].map(([, text]) => text!),
  )
  assert.ok(filters.length >= 8, filters.join(' '))
  const quoted = /is written `(message~"[^`]+)`/.exec(page)![1]!
  for (const filter of [...filters, quoted]) {
    const query = new URLSearchParams(
      parseFilter(filter.replace('…', 'x')).map(([name, value]): [string, string] => [name, value]),
    )
    const { statusCode, body } = await api.get(`logs?since=1h&${query}`)
    assert.is(statusCode, 200, `${filter}: ${body}`)
  }
})

test('what collectors publish looks as printed', async () => {
  const shown = JSON.parse(/```json\n(\[\{"topic"[\s\S]*?)\n```/.exec(page)![1]!)
  const [url, prefix] = [redisAddress(), redisPrefix()]
  const heard: string[] = []
  const client = redisClient()
  client.on('message', (_channel, message) => heard.push(message))
  await client.subscribe(channelOf(prefix))
  const announcer = new Announcer({ url, prefix, emit: () => undefined })
  announcer.start()
  cleanUp(() => announcer.stop())
  announcer.committed(shown[0])
  await until(() => heard.length > 0, { deadlineMs: 5000, what: 'the news' })
  assert.is(differenceOf(JSON.parse(heard[0]!), shown), null)
  assert.ok(page.includes('`logcollector:commits`') && channelOf('logcollector') === 'logcollector:commits')
})

test.run()
