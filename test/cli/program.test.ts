/** The command line end to end, without services (src/cli/program.ts). */
import * as assert from 'uvu/assert'
import { type ReportCrash, runCli } from '../../src/cli/program.ts'
import { sinceOf } from '../../src/cli/verify.ts'
import { verifyTable } from '../../src/cli/verify-table.ts'
import { cli } from '../support/cli.ts'
import { suite } from '../support/suite.ts'

const test = suite('cli/program')

test('--help and --version are 0 and on standard output', async () => {
  const help = await cli('--help')
  assert.is(help.code, 0)
  for (const word of ['run', 'produce', 'migrate', 'verify', 'lag', 'check', 'config', 'Exit codes:'])
    assert.match(help.out, word)
  assert.match((await cli('--version')).out, /^\d+\.\d+\.\d+\n$/)
})

test('usage errors are 2, with a guess', async () => {
  const unknown = await cli('veryfy')
  assert.is(unknown.code, 2)
  assert.match(unknown.note, 'verify')
  assert.is((await cli('verify', '--nothing')).code, 2)
  assert.is((await cli()).code, 2)
})

test('arguments are checked before anything runs', async () => {
  const cases = [
    ['verify', '--since', 'soon'],
    ['produce', '--generate', '0'],
    ['produce', '--generate', '1', '--file', 'x'],
    ['produce', '--compression', 'zip'],
    ['produce', '--header', 'novalue'],
    ['config', '--set', 'novalue'],
    ['produce', '--file', '/none/lines'],
  ]
  for (const args of cases) {
    const { code, note } = await cli(...args)
    assert.is(code, 2, args.join(' '))
    assert.match(note, /^error: /, args.join(' '))
  }
})

test('config --json shows every value without secrets', async () => {
  const { code, out } = await cli(
    'config',
    '--json',
    '--set',
    'postgres.url=postgres://u:hunter2@h/db?sslmode=require',
    '--set',
    'http.port=1',
  )
  assert.is(code, 0)
  assert.not.match(out, 'hunter2')
  const shown = JSON.parse(out) as Record<string, { value: string; origin: string }>
  assert.equal(shown['http.port'], { value: '1', origin: '--set' })
  assert.is(shown['postgres.url']?.value, 'postgres://u:***@h/db?sslmode=require')
})

test('a wrong configuration is 2, said once, without a stack', async () => {
  const { code, out, note } = await cli('config', '--set', 'http.prot=1')
  assert.equal([code, out], [2, ''])
  assert.match(note, 'did you mean http.port?')
  assert.not.match(note, /\n\s+at /)
  assert.is((await cli('config', '--config', '/none/x.yaml')).code, 2)
})

test('--since takes a duration before now or a time', () => {
  assert.is(sinceOf('2h', 10_000_000), 2_800_000)
  assert.is(sinceOf('2026-01-31T00:00:00Z'), Date.UTC(2026, 0, 31))
})

test('the table of verify shows findings and caps a long list', () => {
  const findings = Array.from({ length: 25 }, (_, index) => `t/0 offset ${index}`)
  const text = verifyTable({
    ok: false,
    gapOffsets: 0,
    checks: [
      { name: 'adjacency', ok: true, checked: 7, findings: [] },
      { name: 'uniqueness', ok: false, checked: 9, findings },
    ],
  })
  assert.match(text, /adjacency.*7.*0/)
  assert.match(text, 'uniqueness: t/0 offset 19')
  assert.not.match(text, 't/0 offset 20')
  assert.match(text, 'uniqueness: and 5 more')
  assert.match(text, /NOT ok/)
})

test('what nobody caught is told without the fields of its error, and without a secret', async () => {
  const notes: string[] = []
  const streams = { out: () => undefined, note: (text: string) => void notes.push(text) }
  let report: ReportCrash = () => undefined
  const watch = (tell: ReportCrash): void => {
    report = tell
  }
  await runCli(['config', '--set', 'parse.redact_key=hunter22'], streams, watch)
  const refused = Object.assign(new Error('refused hunter22'), {
    command: { name: 'auth', args: ['hunter23'] },
  })
  report(new Error('lost', { cause: refused }))
  const told = notes.join('')
  assert.match(told, /lost\n {2}because: refused \*\*\*\n/)
  assert.match(told, 'program.test')
  assert.not.match(told, /hunter/)
})

test.run()
