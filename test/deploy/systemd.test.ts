/** The systemd unit, by systemd's own tools where they are: every line is understood, and little is exposed. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { loadConfig } from '../../src/config/index.ts'
import { createDataFolder } from '../../stack/paths.ts'
import { documentedProgram } from '../docs/sections.ts'
import { suite } from '../support/suite.ts'
import { readText } from './compose.ts'

const test = suite('deploy/systemd', { timeoutMs: 20_000 })

const unit = readText('deploy/systemd/logcollector.service')
const valuesOf = (key: string): string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!)
/** Of the worst 10; what systemd calls OK ends at 2.5. */
const mostExposure = 1.5

/** The unit with a program that exists; the exit status and what systemd-analyze said, null where it is missing. */
function analyze(args: readonly string[], text = unit): { status: number; output: string } | null {
  const file = join(createDataFolder('unit'), 'logcollector.service')
  writeFileSync(file, text.replace('/usr/local/bin/logcollector', process.execPath))
  const { status, stdout, stderr, error } = spawnSync('systemd-analyze', [...args, file], {
    encoding: 'utf8',
  })
  return error || status === null ? null : { status, output: `${stdout}${stderr}` }
}

test('systemd understands every line of it', () => {
  const result = analyze(['verify'])
  if (result === null) return
  assert.equal(result, { status: 0, output: '' })
  const wrong = analyze(['verify'], unit.replace('DynamicUser=', 'DynamicUsr='))
  assert.match(wrong!.output, 'DynamicUsr')
})

test('it exposes little', () => {
  const result = analyze(['security', '--offline=true', `--threshold=${mostExposure * 10}`])
  if (result === null) return
  assert.is(result.status, 0, result.output)
})

test('it runs a command that there is, as a user without rights', () => {
  const [, command, option] = valuesOf('ExecStart')[0]!.split(' ')
  const known = documentedProgram().commands.find(each => each.name() === command)
  assert.ok(known?.options.some(({ long }) => long === option))
  assert.equal([valuesOf('DynamicUser'), valuesOf('CapabilityBoundingSet')], [['yes'], ['']])
})

test('it gives the program the time to stop, and does not repeat a wrong configuration', () => {
  const { deadlineMs } = loadConfig({ file: null, env: {} }).shutdown
  assert.ok(Number.parseInt(valuesOf('TimeoutStopSec')[0]!, 10) * 1000 > deadlineMs)
  assert.equal(valuesOf('RestartPreventExitStatus'), [String(exitCodes.usage.code)])
})

test.run()
