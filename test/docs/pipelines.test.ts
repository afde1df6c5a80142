/** docs/pipelines.md: its example is a configuration, and its lines are explained as it says. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { runCli } from '../../src/cli/program.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { suite } from '../support/suite.ts'
import { readPage } from './sections.ts'

const test = suite('docs/pipelines', { timeoutMs: 20_000 })
const page = readPage('docs/pipelines.md')
const yaml = /```yaml\n(pipelines:[\s\S]*?)```/.exec(page)![1]!
let folder = ''
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelines-'))
})
test.after(() => rmSync(folder, { recursive: true }))

test('the example reads the line that explain is shown with', async () => {
  const [, pipeline, line] = /logcollector explain --pipeline (\w+) '(.*)'/.exec(page)!
  const file = join(folder, 'file.yaml')
  writeFileSync(file, yaml)
  let out = ''
  const streams = {
    out: (text: string) => {
      out += text
    },
    // On a busy machine the time for a pattern may not suffice.
    note: (text: string) => assert.match(text, /^warning .* could not be found out in/),
  }
  const code = await runCli(['explain', '--json', '--config', file, '--pipeline', pipeline!, line!], streams)
  assert.is(code, 0)
  const { row, steps } = JSON.parse(out)
  assert.is(steps.length, 3)
  assert.is(row.message, line)
  assert.is(row.attrs.clientip, '192.0.2.7')
  assert.is(row.attrs.ident, undefined)
})

test('lines are piped into it', () => {
  const command = /^tail -n 3 access\.log .*$/m.exec(page)![0]
  const lines = Array.from(
    { length: 4 },
    (_, n) => `192.0.2.${n} - - [23/Nov/2026:20:15:29 +0000] "GET /a HTTP/1.1" 404 12 "-" "-"`,
  )
  writeFileSync(join(folder, 'logcollector.yaml'), yaml)
  writeFileSync(join(folder, 'access.log'), `${lines.join('\n')}\n`)
  const main = `'${process.execPath}' '${join(repositoryRoot, 'dist', 'src', 'main.js')}'`
  const output = execFileSync('sh', ['-c', command.replace('logcollector', main)], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const rows = output
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).row)
  assert.equal(
    rows.map(({ attrs }) => attrs.clientip),
    ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
  )
})

test('explain --format shows the fields of the line beside it', async () => {
  const [, format, line] = /logcollector explain --format (\w+) '(.*)'/.exec(page)!
  let out = ''
  const streams = {
    out: (text: string) => {
      out += text
    },
    note: (text: string) => assert.unreachable(text),
  }
  const code = await runCli(['explain', '--json', '--format', format!, line!], streams)
  assert.is(code, 0)
  const { fields, row, steps } = JSON.parse(out)
  const names = (fields as readonly { readonly name: string }[]).map(({ name }) => name)
  const columns = ['ts', 'severity', 'message']
  const attributes = ['client.address', 'method', 'path', 'protocol', 'status', 'bytes', 'user_agent']
  assert.equal(names, [...columns, ...attributes])
  assert.equal([row.message, row.severity, row.attrs.status, steps], ['GET /a HTTP/1.1', 13, 404, []])
})

test.run()
