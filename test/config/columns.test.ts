/** The setting `columns`: what is read from YAML and JSON, and that every fault names its place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { describeConfig, describeProblem, loadConfig, problemsOf } from '../../src/config/index.ts'
import { suite } from '../support/suite.ts'

const test = suite('config/columns')
let folder = ''
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'columns-'))
})
test.after(() => rmSync(folder, { recursive: true }))

function fileWith(text: string): string {
  const path = join(folder, 'file.yaml')
  writeFileSync(path, text)
  return path
}

const fromFile = (text: string) => loadConfig({ file: fileWith(text), env: {} })
const fromVariable = (text: string) => loadConfig({ file: null, env: { LOGCOLLECTOR_COLUMNS: text } })

function faultOf(load: () => unknown): string {
  try {
    load()
  } catch (error) {
    return problemsOf(error)
      .map(problem => describeProblem(problem).replace(/^.*\/file\.yaml/, 'file'))
      .join('\n')
  }
  throw new Error('was accepted')
}

const status = { name: 'status', from: 'http.status', type: 'smallint' } as const

test('a map in the file and JSON in the environment say the same', () => {
  const yaml = `
columns:
  status: { from: http.status, type: smallint }
  took:
    type: double precision
    from: took
`
  const expected = [status, { name: 'took', from: 'took', type: 'double precision' }]
  const config = fromFile(yaml)
  assert.equal(config.columns, expected)
  const written = describeConfig(config).find(({ key }) => key === 'columns')!.value
  assert.equal(fromVariable(written).columns, expected)
  assert.equal(loadConfig({ file: null, env: {} }).columns, [])
  assert.equal(fromFile('columns: {}').columns, [])
  assert.throws(() => (config.columns as unknown[]).push(status))
})

const faults: readonly [string, string][] = [
  ['columns:\n  Status: { from: a, type: text }', 'file:2:3: columns: "Status" is no name of a column'],
  [
    'columns:\n  attrs: { from: a, type: text }',
    'file:2:3: columns: "attrs" is a column that logs already has',
  ],
  [
    'columns:\n  xmin: { from: a, type: text }',
    'file:2:3: columns: "xmin" is a column that logs already has',
  ],
  ['columns:\n  a: { from: a, type: int }', 'file:2:23: columns: "a" has the type "int"; write smallint or'],
  ['columns:\n  a: { form: a, type: text }', 'file:2:14: columns: "a" has no form; did you mean from?'],
  ['columns:\n  a: { from: a..b, type: text }', 'file:2:14: columns: "a" comes from "a..b"; write one of'],
  ['columns:\n  a: { from: a }', 'file:2:3: columns: "a" needs both'],
  ['columns:\n  a: text', 'file:2:3: columns: "a" needs both'],
  [
    'columns:\n  a: { from: x, type: text }\n  b: { from: x, type: uuid }',
    'file:3:14: columns: "b" comes from x, which fills a already',
  ],
  ['columns: [a]', 'file:1:10: columns: expects a map'],
  ['columns:\n  a: { from: host, type: text }', 'file:2:3: columns: "a" comes from host, which is an alias'],
  ['http: { port: { a: 1 } }', 'file:1:15: http.port: expects a value'],
]
for (const [yaml, expected] of faults) {
  test(`refuses ${JSON.stringify(yaml)}`, () => {
    const fault = faultOf(() => fromFile(yaml))
    // A rule between settings knows the setting's place only.
    const isAtSetting = expected.includes('which is an alias')
    assert.ok(isAtSetting ? fault.includes(expected.slice(10)) : fault.startsWith(expected), fault)
  })
}

test('JSON text has the place of its variable', () => {
  const place = 'LOGCOLLECTOR_COLUMNS: columns: '
  assert.ok(faultOf(() => fromVariable('status=x')).startsWith(`${place}is no JSON object`))
  assert.ok(faultOf(() => fromVariable('{"a":1}')).startsWith(`${place}"a" needs`))
  const many = Object.fromEntries(
    Array.from({ length: 33 }, (_, i) => [`c${i}`, { from: `c${i}`, type: 'text' }]),
  )
  assert.is(
    faultOf(() => fromVariable(JSON.stringify(many))),
    `${place}has 33 columns; write at most 32`,
  )
})

test.run()
