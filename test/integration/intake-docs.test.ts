/** docs/intake.md: every curl call is made, in the order of the page, and answers as printed; the program runs. */
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { recordProblems } from '../../src/intake/contract.ts'
import { differenceOf, examplesOf } from '../docs/curl-examples.ts'
import { readPage } from '../docs/sections.ts'
import { topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { type IntakeServer, readTopic, startIntake } from './intake-server.ts'

const test = suite('intake-docs', { timeoutMs: 30_000 })
const page = readPage('docs/intake.md')
const examples = examplesOf(page)

let server: IntakeServer
/** The topics of the page → those of this test. */
const names: Record<string, string> = {}
const renamed = (text: string): string => text.replace(/\b(logs|audit)\b/g, name => names[name]!)
const counted: Record<string, number> = {}

test.before(async () => {
  names.logs = await topic()
  names.audit = await topic()
  server = await startIntake({ 'http.intake.topics': `${names.logs},${names.audit}` })
})

test('every call of the page is run', () => {
  assert.is(examples.length, (page.match(/^curl /gm) ?? []).length)
  assert.ok(examples.length >= 7)
})

for (const [index, { call, method, path, headers, body, answer }] of examples.entries())
  test(`${index} ${call}`, async () => {
    const asked = headers['X-LogCollector-Topic']
    const sent = { ...headers, ...(asked === undefined ? {} : { 'X-LogCollector-Topic': names[asked]! }) }
    const response = await fetch(server.url + path, { method, headers: sent, body })
    const actual = (await response.json()) as { topic?: string; accepted?: number }
    const difference = differenceOf(actual, JSON.parse(renamed(answer)))
    assert.is(difference, null, `${difference}\n${JSON.stringify(actual)}`)
    const isNew = response.headers.get('idempotency-replayed') === null
    const name = actual.topic ?? names.logs!
    if (isNew) counted[name] = (counted[name] ?? 0) + (actual.accepted ?? 1)
  })

test('what the page says was accepted is in Kafka, once', async () => {
  assert.equal([counted[names.logs!], counted[names.audit!]], [5, 1])
  const stored = await readTopic(names.logs!, 5)
  assert.is(stored.length, 5)
  assert.equal(
    (await readTopic(names.audit!, 1)).map(({ key, value }) => [key, value]),
    [['device-17', 'door opened']],
  )
})

test('every code of a record is explained', () => {
  for (const code of Object.keys(recordProblems)) assert.ok(page.includes(`\`${code}\``), code)
})

test('the program of the page logs', async () => {
  const [, text] = /```js\n([\s\S]*?)```/.exec(page)!
  const target = fileURLToPath(import.meta.resolve('logcollector/pino-transport'))
  const program = text!
    .replace("'logcollector/pino-transport'", JSON.stringify(target))
    .replace('http://localhost:8080', server.url)
    .replace("topic: 'logs'", `topic: '${names.logs}'`)
  const file = join(import.meta.dirname, 'intake-docs-program.mjs')
  writeFileSync(file, program)
  cleanUp(() => rmSync(file))
  await promisify(execFile)(process.execPath, [file])
  const last = (await readTopic(names.logs!, 6)).at(-1)
  assert.match(last!.value, /"service":"shop","order":4711,"msg":"order placed"/)
})

test.run()
