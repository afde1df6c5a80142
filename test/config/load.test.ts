/** Sources, precedence, messages and places of src/config/load.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import {
  type ConfigSources,
  describeConfig,
  describeProblem,
  loadConfig,
  parserSettings,
  problemsOf,
  readConfig,
} from '../../src/config/index.ts'
import { PipelineError } from '../../src/errors.ts'
import { buildImage } from '../../src/kernel/slot.ts'
import { suite } from '../support/suite.ts'

const test = suite('config/load')
let folder = ''
let files = 0

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'))
})
test.after(() => rmSync(folder, { recursive: true }))

function fileWith(text: string): string {
  const path = join(folder, `${files++}.yaml`)
  writeFileSync(path, text)
  return path
}

const load = (sources: ConfigSources = {}) => loadConfig({ file: null, env: {}, ...sources })

/** The problems as lines, without the folder. */
function faultsOf(sources: ConfigSources): readonly string[] {
  try {
    load(sources)
  } catch (error) {
    assert.instance(error, PipelineError)
    assert.is((error as PipelineError).code, 'CONFIG_INVALID')
    return problemsOf(error).map(problem => describeProblem(problem).replace(/^.*\/(\d+\.yaml)/, 'file'))
  }
  throw new Error('was accepted')
}

test('defaults need nothing and are the documented ones', () => {
  const config = load()
  assert.equal(config.kafka.brokers, ['localhost:9092'])
  assert.is(config.kafka.sessionTimeoutMs, 30_000)
  assert.is(config.kafka.start, 'earliest')
  assert.is(config.limits.maxRecordBytes, 2 ** 20)
  assert.is(config.memory.arenaBytes, 64 * 2 ** 20)
  assert.is(config.memory.budgetBytes, (90 + 32 + 35 * config.workers + 64) * 2 ** 20)
  assert.is(config.parse.keys, false)
  assert.is(config.http.port, 8080)
})

test('is frozen to the bottom', () => {
  const config = load() as unknown as { kafka: { topics: string[] }; parse: { aliases: { ts: string[] } } }
  assert.throws(() => config.kafka.topics.push('x'))
  assert.throws(() => config.parse.aliases.ts.push('x'))
  assert.throws(() => {
    config.kafka.topics = []
  })
})

test('the command line wins over the environment, the environment over the file', () => {
  const file = fileWith('http: { host: file, port: 1 }\nkafka: { topics: [file] }')
  const env = { LOGCOLLECTOR_HTTP_HOST: 'env', LOGCOLLECTOR_HTTP_PORT: '2' }
  const config = load({ file, env, overrides: { 'http.host': 'line' } })
  const { host, port } = config.http
  assert.equal({ host, port }, { host: 'line', port: 2 })
  assert.equal(config.kafka.topics, ['file'])
})

test('an empty variable counts as unset', () => {
  assert.is(load({ env: { LOGCOLLECTOR_HTTP_HOST: '' } }).http.host, '127.0.0.1')
})

test('reads every type in the file', () => {
  const file = fileWith(`
kafka:
  topics: [a, "b"]
  brokers: x:1, [::1]:2
  start: 2026-01-31T08:00:00+01:00
  session_timeout: 1m
  group_id: 007
limits: { max_record_bytes: 65536 }
memory: { arena: 0.5GiB }
parse:
  keys: true
  malformed: dead_letter
  aliases:
    trace_id: []
log:
`)
  const config = load({ file })
  assert.equal(config.kafka.topics, ['a', 'b'])
  assert.equal(config.kafka.brokers, ['x:1', '[::1]:2'])
  assert.is(config.kafka.start, Date.UTC(2026, 0, 31, 7))
  assert.is(config.kafka.sessionTimeoutMs, 60_000)
  assert.is(config.kafka.groupId, '007', 'as written, not as a number')
  assert.is(config.limits.maxRecordBytes, 65_536)
  assert.is(config.memory.arenaBytes, 2 ** 29)
  assert.is(config.parse.keys, true)
  assert.is(config.parse.malformed, 'dead_letter')
  assert.equal(config.parse.aliases.traceId, [])
})

test('follows anchors', () => {
  const file = fileWith('kafka:\n  topics: &t [a]\n  client_id: &c name\n  group_id: *c\n')
  assert.is(load({ file }).kafka.groupId, 'name')
})

test('reports all problems at once, each with its place', () => {
  const file = fileWith('kafka:\n  groupId: x\n  session_timeout: 5\nhttp: 7\nlog:\n  level: loud\n')
  assert.equal(faultsOf({ file, env: { LOGCOLLECTOR_HTTP_PORT: '99999' } }), [
    'file:2:3: kafka.groupId: is no setting; did you mean kafka.group_id?',
    'file:4:7: http: expects settings below it, one a line as "name: value"',
    'file:3:20: kafka.session_timeout: "5" is not accepted; write a duration with its unit, such as 500ms, 30s, 5m, 2h or 7d',
    'LOGCOLLECTOR_HTTP_PORT: http.port: 99999 is too large; write 0 to 65535',
    'file:6:10: log.level: "loud" is not accepted; write debug or info or warn or error',
  ])
})

test('the error names file, line and column of the first problem', () => {
  const file = fileWith('\n  htp: {}\n')
  try {
    load({ file })
    assert.unreachable()
  } catch (error) {
    assert.instance(error, PipelineError)
    const { context } = error as PipelineError
    assert.equal([context.file, context.line, context.column], [file, 2, 3])
    assert.match((error as Error).message, 'did you mean http?')
  }
})

const refused: readonly [string, string, RegExp][] = [
  ['broken YAML', 'kafka: [', /^file:\d+:\d+: /],
  ['a key twice', 'http: { port: 1, port: 2 }', /unique/],
  ['a setting in two spellings', 'http: { port: 1 }\nhttp.port: 2', /^file:2:12: http.port: is set twice$/],
  ['a list where one value belongs', 'http: { port: [1] }', /http.port: expects one value, not a list/],
  ['a map where a value belongs', 'http: { port: { a: 1 } }', /http.port: expects a value or a list/],
  ['a setting without a value', 'kafka:\n  topics:\n', /^file:2:\d+: kafka.topics: expects a value/],
  ['an unknown tag', 'http: { host: !env HOST }', /^file:1:15: .*tag/],
  ['no map at all', 'just text', /expects settings below it/],
  [
    'an empty list of topics',
    'kafka: { topics: [] }',
    /the list is empty; write topic names, .*, at least 1/,
  ],
  ['a broker without a port', 'kafka: { brokers: [kafka] }', /"kafka" is not accepted; write host:port/],
  ['a wrong time', 'kafka: { start: yesterday }', /write earliest, latest or a time such as/],
  ['too small', 'limits: { max_batch_bytes: 1KiB }', /1KiB is too small; write 1MiB to 1GiB/],
  ['a word for a flag', 'parse: { keys: yes }', /"yes" is not accepted; write true or false/],
  ['the last word of a key alone', 'topics: [a]', /did you mean kafka.topics\?/],
  ['nothing like it', 'zebra: 1', /is no setting; "logcollector config --help" lists them all/],
]
for (const [what, text, message] of refused)
  test(`refuses ${what}`, () => assert.match(faultsOf({ file: fileWith(text) })[0]!, message))

test('a file that is named must exist', () => {
  assert.match(faultsOf({ file: join(folder, 'none.yaml') })[0]!, /none\.yaml: cannot be read/)
})

test('refuses an unknown override', () => {
  const overrides = { 'http.prot': '1' } as ConfigSources['overrides'] & object
  assert.match(faultsOf({ overrides })[0]!, /--set: http.prot: .*did you mean http.port\?/)
})

test('a variable that is no setting is a warning with a guess; those of tests are not ours', () => {
  const env = {
    LOGCOLLECTOR_KAFKA_TOPIC: 'x',
    LOGCOLLECTOR_TEST_KAFKA: 'y',
    LOGCOLLECTOR_ZEBRA: 'z',
    HOME: '/',
  }
  assert.equal(readConfig({ file: null, env }).warnings, [
    'LOGCOLLECTOR_KAFKA_TOPIC is no setting and is ignored; did you mean LOGCOLLECTOR_KAFKA_TOPICS?',
    'LOGCOLLECTOR_ZEBRA is no setting and is ignored',
  ])
})

test('a secret comes from a file too, without its line break', () => {
  const path = fileWith('postgres://u:p@h/db\n')
  assert.is(load({ env: { LOGCOLLECTOR_POSTGRES_URL_FILE: path } }).postgres.url, 'postgres://u:p@h/db')
})

test('a secret from two places, or from a file that is not there, is refused', () => {
  const env = { LOGCOLLECTOR_POSTGRES_URL: 'postgres://h/db', LOGCOLLECTOR_POSTGRES_URL_FILE: '/none' }
  assert.match(faultsOf({ env })[0]!, /also set by LOGCOLLECTOR_POSTGRES_URL_FILE; keep one of the two/)
  assert.match(faultsOf({ env: { LOGCOLLECTOR_POSTGRES_URL_FILE: '/none/x' } })[0]!, /cannot be read/)
})

test('a secret is shown nowhere, not even when it is wrong', () => {
  const url = 'postgres://user:hunter2@h/db?sslpassword=hunter2'
  const rows = describeConfig(load({ overrides: { 'postgres.url': url } }))
  const shown = rows.find(({ key }) => key === 'postgres.url')?.value
  assert.is(shown, 'postgres://user:***@h/db?sslpassword=***')
  const wrong = faultsOf({ overrides: { 'postgres.url': 'mysql://user:hunter2@h/db' } })
  assert.not.match(wrong.join(), 'hunter2')
  assert.match(wrong[0]!, /the value is not accepted; write a URL such as postgres:/)
})

test('an optional URL may be empty, another may not', () => {
  const both = { 'redis.url': '', 'postgres.url': '' }
  assert.is(load({ overrides: { 'redis.url': '' } }).redis.url, '')
  assert.equal(faultsOf({ overrides: both }).length, 1)
  assert.match(faultsOf({ overrides: { 'redis.url': 'http://h' } })[0]!, /such as redis:/)
})

test('describes every value as one would write it, with its origin', () => {
  const { config, origins } = readConfig({ file: null, env: { LOGCOLLECTOR_KAFKA_TOPICS: 'a,b' } })
  const rows = new Map(describeConfig(config, origins).map(row => [row.key, row]))
  assert.equal(rows.get('kafka.topics'), {
    key: 'kafka.topics',
    value: 'a,b',
    origin: 'LOGCOLLECTOR_KAFKA_TOPICS',
  })
  assert.is(rows.get('kafka.fetch_wait')?.value, '500ms')
  assert.equal([rows.get('memory.arena')?.value, rows.get('memory.arena')?.origin], ['64MiB', 'derived'])
})

test('what is described is accepted again and means the same', () => {
  const overrides = {
    'kafka.start': '2026-01-31',
    'parse.timeout': '90s',
    'memory.arena': '100000000',
    workers: '3',
  }
  const config = load({ overrides })
  const rows = describeConfig(config).filter(({ key }) => key !== 'postgres.url')
  assert.equal(load({ overrides: Object.fromEntries(rows.map(({ key, value }) => [key, value])) }), config)
})

test("the workers' settings carry all that their contract asks", () => {
  const [settings] = parserSettings(
    load({ overrides: { 'storage.segment': 'hour', 'parse.headers': 'true' } }),
  )
  if (settings === undefined) throw new Error('there is no pipeline')
  assert.equal(settings.aliases.trace_id, ['trace_id', 'traceId', 'trace.id'])
  assert.equal(
    { ...settings, aliases: Object.keys(settings.aliases).sort() },
    {
      aliases: ['host', 'message', 'service', 'severity', 'span_id', 'trace_id', 'ts'],
      name: 'default',
      steps: [],
      format: 'json',
      columns: [],
      malformed: 'store',
      keys: false,
      headers: true,
      segment: 'hour',
      maxRecordBytes: 2 ** 20,
      maxBatchBytes: 2 ** 25,
    },
  )
})

test("what is accepted fits the kernel's tables", () => {
  const columns = ['ts', 'severity', 'service', 'host', 'trace_id', 'span_id', 'message']
  const name = (column: number, item: number) =>
    ['a', 'b', 'c', 'd'].map(part => part.padEnd(15, `${column}x${item}`)).join('.')
  const overrides = Object.fromEntries(
    columns.map((column, index) => [
      `parse.aliases.${column}`,
      Array.from({ length: 9 }, (_, item) => name(index, item)),
    ]),
  )
  assert.is(buildImage(parserSettings(load({ overrides }))[0]!).length > 0, true)
})

test.run()
