/** The demo as a stranger runs it, on the shared stack: one line of JSON and exit code 0, and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { repositoryRoot } from '../../stack/paths.ts'
import { hasPrometheus } from '../../stack/prometheus.ts'
import { differenceOf, examplesOf } from '../docs/curl-examples.ts'
import { readPage } from '../docs/sections.ts'
import { cli } from '../support/cli.ts'
import { createKafkaClient, postgresAddress } from '../support/services.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('stack/demo', { timeoutMs: 120_000 })

function startDemo(...args: readonly string[]): ChildProcess {
  const script = join(repositoryRoot, 'dist', 'stack', 'demo.js')
  return spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Databases and topics of any demo. */
async function leftovers(): Promise<string[]> {
  const client = new pg.Client({ connectionString: postgresAddress() })
  const admin = createKafkaClient().admin()
  await Promise.all([client.connect(), admin.connect()])
  try {
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database')
    const names = [...rows.map(({ datname }) => datname), ...(await admin.listTopics())]
    return names.filter(name => name.startsWith('logcollector_demo'))
  } finally {
    await Promise.all([client.end(), admin.disconnect()])
  }
}

/** The curl calls of README.md, on the demo's address; the figures are others every time. */
async function answersAsPrinted(base: string): Promise<void> {
  const examples = examplesOf(readPage('README.md'))
  assert.is(examples.length, 5)
  for (const { call, path, answer } of examples) {
    const text = await (await fetch(base + path)).text()
    const difference = differenceOf(JSON.parse(text), JSON.parse(answer), true)
    assert.is(difference, null, `${call}: ${difference}\n${text}`)
  }
}

/** The demo's Prometheus has figures of the demo's program. */
async function showsRows(prometheus: string): Promise<void> {
  const isThere = async () => {
    const answer = await fetch(`${prometheus}/api/v1/query?query=logcollector_stored_rows_total`)
    const { data } = (await answer.json()) as { data: { result: readonly { value: [number, string] }[] } }
    return Number(data.result[0]?.value[1] ?? 0) > 0
  }
  await until(isThere, { deadlineMs: 30_000, what: 'stored rows in Prometheus' })
}

/** The commands of README.md that ask the demo, on its address: each prints what it is there for, as JSON. */
async function commandsAnswer(base: string): Promise<void> {
  const lines = readPage('README.md').match(/^npm run logcollector -- (search|tail|explain) .*$/gm) ?? []
  assert.equal(
    lines.map(line => line.split(' ')[4]),
    ['search', 'tail', 'explain'],
  )
  for (const line of lines) {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].slice(4).map(([, quoted, plain]) => quoted ?? plain!)
    const [command] = words
    const more = command === 'explain' ? ['--json'] : ['--json', '--url', base]
    const main = join(repositoryRoot, 'dist', 'src', 'main.js')
    const program = spawn(process.execPath, [main, ...words, ...more], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exit = once(program, 'exit')
    let out = ''
    program.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    try {
      await until(() => out.includes('\n'), { deadlineMs: 30_000, what: line })
      // It would follow for ever.
      if (command === 'tail') program.kill('SIGINT')
      assert.equal(await exit, [0, null], line)
    } finally {
      program.kill('SIGKILL')
    }
    const records = out
      .trimEnd()
      .split('\n')
      .map(text => JSON.parse(text))
    if (command === 'search') assert.is(records.length, 3)
    if (command !== 'explain') assert.ok(records.every(({ severity }) => severity >= 17))
    else assert.equal([records[0].row.message, records[0].row.attrs.ms], ['slow query', 812])
  }
}

/** `logcollector storage` of the demo's database: a segment for each of the days that its records are spread over. */
async function showsDays(url: string): Promise<void> {
  const { code, out } = await cli('storage', '--json', '--set', `postgres.url=${url}`)
  assert.is(code, 0)
  const { segments } = JSON.parse(out) as { segments: readonly { segment: string; rows: number }[] }
  assert.ok(segments.length >= 3, out)
}

test('--once stores all, verifies, and prints one line of JSON', async () => {
  const demo = startDemo('--once', '5000')
  const [out, [code]] = await Promise.all([text(demo.stdout!), once(demo, 'exit'), text(demo.stderr!)])
  const { records, rows, deadLetters, lag, verify, rowsPerSecond } = JSON.parse(out) as Record<
    string,
    unknown
  >
  assert.equal({ records, lag, verify }, { records: 5000, lag: 0, verify: 'ok' })
  assert.is(Number(rows) + Number(deadLetters), 5000)
  assert.ok(Number(rowsPerSecond) > 0)
  assert.is(out.split('\n').length, 2)
  assert.is(code, 0)
  assert.equal(await leftovers(), [])
})

test('without --once it answers a query, stays up until SIGINT, and leaves nothing', async () => {
  const demo = startDemo('--rate', '100', '--days', '3')
  let said = ''
  demo.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await until(() => said.includes('going on with 100 records a second'), {
    deadlineMs: 90_000,
    what: 'the demo at work',
  })
  assert.match(said, / service {2}\| records \| errors\n-+\+-+\+-+\n gateway /)
  const metrics = await fetch(/http:\S+\/metrics/.exec(said)![0])
  assert.match(await metrics.text(), 'logcollector_stored_rows_total 2')
  assert.is((await leftovers()).length, 2)
  const prometheus = /^Prometheus (http:\S+)\/alerts$/m.exec(said)?.[1]
  assert.is(prometheus !== undefined, hasPrometheus())
  if (prometheus !== undefined) await showsRows(prometheus)
  const base = /API +(http:\/\/[\d.:]+)/.exec(said)![1]!
  await answersAsPrinted(base)
  await commandsAnswer(base)
  await showsDays(/psql (postgres:\S+)/.exec(said)![1]!)
  demo.kill('SIGINT')
  const [code] = await once(demo, 'exit')
  assert.is(code, 0)
  assert.equal(await leftovers(), [])
})

test('a wrong option is told in a sentence', async () => {
  const demo = startDemo('--once', 'many')
  const [said, [code]] = await Promise.all([text(demo.stderr!), once(demo, 'exit')])
  assert.match(said, 'usage: npm run demo')
  assert.is(code, 2)
})

test.run()
