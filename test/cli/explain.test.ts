/** `logcollector explain`: the fields, what each step does, and the row, for people and as JSON. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { runCli } from '../../src/cli/program.ts'
import { suite } from '../support/suite.ts'

const test = suite('cli/explain', { timeoutMs: 20_000 })
let folder = ''
let file = ''
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'explain-'))
  file = join(folder, 'file.yaml')
  writeFileSync(
    file,
    `
columns: { status: { from: response, type: smallint } }
pipelines:
  - name: nginx
    topics: [access]
    format: raw
    steps:
      - grok: '^%{COMBINEDAPACHELOG}'
      - drop: request matches "^/health"
      - remove: [ident, auth]
  - { name: rest, topics: [rest], format: logfmt }
`,
  )
})
test.after(() => rmSync(folder, { recursive: true }))

async function explain(...args: readonly string[]) {
  let out = ''
  let notes = ''
  const code = await runCli(['explain', '--config', file, ...args], {
    out: text => {
      out += text
    },
    note: text => {
      notes += text
    },
  })
  return { code, out, notes }
}

const line = '192.0.2.7 - - [23/Nov/2026:20:15:29 +0000] "GET /a?b=1 HTTP/1.1" 404 12 "-" "curl/8.5"'

test('fields, steps and the row of an nginx line', async () => {
  const { code, out, notes } = await explain('--json', line)
  assert.is(code, 0, notes)
  const { pipeline, format, fields, steps, row, reason } = JSON.parse(out)
  assert.equal([pipeline, format, reason], ['nginx', 'raw', null])
  assert.equal(fields, [{ name: 'message', type: 'text', value: JSON.stringify(line) }])
  assert.equal(
    steps.map((step: { kind: string; outcome: string }) => [step.kind, step.outcome]),
    [
      ['grok', 'keep'],
      ['drop', 'keep'],
      ['remove', 'keep'],
    ],
  )
  assert.ok(steps[0].changes.some((change: { name: string }) => change.name === 'clientip'))
  assert.is(row.status, 404)
  assert.is(row.message, line)
  assert.is(row.attrs.clientip, '192.0.2.7')
  assert.is(row.attrs.ident, undefined)
})

test('a line that a step leaves out has no row, and says why', async () => {
  const { out } = await explain('--json', line.replace('/a?b=1', '/health'))
  const { row, reason, steps } = JSON.parse(out)
  assert.equal([row, reason, steps.at(-1).outcome], [null, 'a step of its pipeline leaves it out', 'drop'])
})

test('another pipeline, as tables', async () => {
  const { out } = await explain('--pipeline', 'rest', 'level=warn msg="hi you" n=1')
  assert.match(out, /^pipeline rest, format logfmt\n/)
  assert.match(out, /severity +│ text +│ "warn"/)
  assert.match(out, /n +│ number +│ 1/)
  assert.match(out, /message +│ hi you/)
})

test('a pipeline that is not there is told with those that are', async () => {
  const { code, notes } = await explain('--pipeline', 'other', 'x')
  assert.is(code, 2)
  assert.match(notes, /there is no pipeline other; there are nginx, rest/)
})

test.run()
