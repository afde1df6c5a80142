/** The examples of docs/pipelines.md, "Steps": each list of steps with a record and what becomes of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { ConfigProblem } from '../../src/config/problems.ts'
import { checkSteps } from '../../src/config/steps/check.ts'
import { readSteps } from '../../src/config/steps/read.ts'
import { compileSteps } from '../../src/parse/steps/index.ts'
import { stepKinds } from '../../src/parse/steps/schema.ts'
import { stepsTree } from '../config/steps/yaml-tree.ts'
import { makeDatabase } from '../parse/steps/mmdb.ts'
import { RecordFields } from '../parse/steps/record.ts'
import { suite } from '../support/suite.ts'
import { readPage } from './sections.ts'

const test = suite('docs/steps', { timeoutMs: 20_000 })
const page = readPage('docs/pipelines.md')
const examples = [
  ...page.matchAll(/```yaml\n(steps:\n(?:(?!```)[\s\S])*)```\n```json\n(.*)\n```\n```json\n(.*)\n```/g),
]
let folder = ''

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'steps-'))
  const country = { iso_code: 'SE', names: { en: 'Sweden' } }
  const entry = { country, city: { names: { en: 'Linköping' } } }
  writeFileSync(join(folder, 'GeoLite2-City.mmdb'), makeDatabase({ '203.0.113.0/24': entry }))
})
test.after(() => rmSync(folder, { recursive: true }))

function compile(yaml: string) {
  const problems: ConfigProblem[] = []
  const tree = stepsTree(yaml.replace('GeoLite2-City.mmdb', join(folder, 'GeoLite2-City.mmdb')))
  const steps = readSteps(tree, 'steps', { source: 'default' }, problems)
  // What is slow is judged in test/config/steps; here the time is not given for it.
  const { context } = checkSteps(steps, { maxMatchChars: 32_768, redactKey: '' }, problems, 50)
  assert.equal(problems, [])
  return compileSteps(
    steps.map(({ config }) => config),
    context,
  )
}

test('every kind of step has an example', () => {
  const shown = examples.map(([, yaml]) => yaml).join('\n')
  assert.equal(
    stepKinds.filter(kind => !new RegExp(`^ {2}- ${kind}\\b`, 'm').test(shown)),
    [],
  )
})

test('every list of steps is accepted', () => {
  const lists = [...page.matchAll(/```yaml\n(steps:\n[\s\S]*?)```/g)]
  assert.ok(lists.length > examples.length)
  for (const [, yaml] of lists) assert.ok(compile(yaml!).length > 0)
})

for (const [, yaml, before, after] of examples)
  test(yaml!.trim().split('\n')[1]!.trim(), () => {
    const fields = new RecordFields(JSON.parse(before!) as Record<string, unknown>)
    const isKept = compile(yaml!).every(step => step.run(fields) === 'keep')
    assert.equal(isKept ? fields.values : 'dropped', JSON.parse(after!))
  })

test.run()
