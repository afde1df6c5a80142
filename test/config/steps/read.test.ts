/** Steps from YAML, with the places of their faults: src/config/steps/. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type ConfigProblem, describeProblem } from '../../../src/config/problems.ts'
import { type RawTree, treeOfJson } from '../../../src/config/raw-tree.ts'
import { checkSteps } from '../../../src/config/steps/check.ts'
import { type LocatedStep, readSteps } from '../../../src/config/steps/read.ts'
import { writeStep } from '../../../src/config/steps/write.ts'
import { suite } from '../../support/suite.ts'
import { stepsTree } from './yaml-tree.ts'

const test = suite('config/steps', { timeoutMs: 15_000 })
let folder = ''

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'steps-'))
})
test.after(() => rmSync(folder, { recursive: true }))

interface Options {
  readonly redactKey?: string
  readonly budgetMs?: number
  readonly maxMatchChars?: number
}

interface Outcome {
  readonly steps: readonly LocatedStep[]
  readonly faults: readonly string[]
  readonly warnings: readonly string[]
}

const whole = { source: 'environment', name: 'STEPS' } as const

/** Reads what stands below `steps:` and checks it as the configuration does. */
function read(yaml: string, options: Options = {}): Outcome {
  return readTree(stepsTree(yaml), options)
}

function readTree(
  tree: RawTree,
  { redactKey = '', budgetMs = 1000, maxMatchChars = 32_768 }: Options = {},
): Outcome {
  const problems: ConfigProblem[] = []
  const steps = readSteps(tree, 'steps', whole, problems)
  const { warnings } = checkSteps(steps, { maxMatchChars, redactKey }, problems, budgetMs)
  return { steps, faults: problems.map(describeProblem), warnings }
}

const everyWay = `
steps:
  - grok: '%{INT:n:int}'
  - regex: { pattern: ['a(?<a>x)', 'b(?<b>y)'], on_no_match: drop }
  - drop: status == 404
  - rename: { a: b }
  - set:
      env: production
      count: 3
      gone: null
  - remove: [x, y]
  - remove: z
  - redact: [email]
  - severity
  - useragent:
`

test('each way to write a step', () => {
  const { steps, faults } = read(everyWay)
  assert.equal(faults, [])
  const options = steps.map(({ config }) => config.options as unknown as Readonly<Record<string, unknown>>)
  assert.equal(options[0]!.pattern, ['%{INT:n:int}'])
  assert.equal(options[0]!.field, 'message')
  assert.equal([options[1]!.pattern, options[1]!.on_no_match], [['a(?<a>x)', 'b(?<b>y)'], 'drop'])
  assert.is(options[2]!.if, 'status == 404')
  assert.equal(options[3]!.fields, { a: 'b' })
  assert.equal(options[4]!.fields, { env: 'production', count: 3, gone: null })
  assert.equal([options[5]!.fields, options[6]!.fields], [['x', 'y'], ['z']])
  assert.equal([options[7]!.kinds, options[7]!.mode], [['email'], 'mask'])
  assert.equal([options[8]!.field, options[9]!.target], ['message', 'ua'])
})

test('no steps are none', () => {
  assert.equal(read('steps:'), { steps: [], faults: [], warnings: [] })
})

test('from JSON: the place is that of the whole', () => {
  const { faults } = readTree(treeOfJson('[{"grook":"x"},{"remove":["a"]}]')!)
  assert.equal(faults, ['STEPS: steps[1].grook: is no step; did you mean grok?'])
})

test('what is written of steps is read as the same', () => {
  const { steps } = read(everyWay)
  const configs = steps.map(({ config }) => config)
  const again = readTree(treeOfJson(JSON.stringify(configs.map(writeStep)))!)
  assert.equal(again.faults, [])
  assert.equal(
    again.steps.map(({ config }) => config),
    configs,
  )
  assert.equal(configs.slice(-3).map(writeStep), [{ redact: { kinds: ['email'] } }, 'severity', 'useragent'])
})

test('every fault has its line, its step and a remedy', () => {
  const { faults } = read(`
steps:
  - grook: x
  - grok: { patern: x }
  - regex: { pattern: '(?<a>x)', on_no_match: skip }
  - drop: status = 404
  - a: 1
    b: 2
  - set:
      x: '\${'
  - rename: [a]
  - remove: []
  - geoip: { database: /nowhere/x.mmdb }
  - redact: { mode: hash }
  - redact: [email, phone]
  - grok:
      field: line
      pattern: '%{NUMBR:x}'
  - set: { id: 9007199254740993, list: [1] }
`)
  const at = (line: number): readonly string[] => faults.filter(fault => fault.startsWith(`x.yaml:${line}:`))
  assert.match(at(3)[0]!, 'x.yaml:3:5: steps[1].grook: is no step; did you mean grok?')
  assert.match(at(4)[0]!, 'steps[2].grok.patern: is no option; did you mean pattern?')
  assert.match(at(4)[1]!, 'steps[2].grok: needs the option "pattern"')
  assert.match(at(5)[0]!, 'steps[3].regex.on_no_match: "skip" is not accepted; write keep or drop or tag')
  assert.match(at(6)[0]!, 'steps[4].drop.if: has "=" at character 8; write "=="')
  assert.match(at(7)[0]!, 'steps[5]: expects one kind of step')
  assert.match(at(10)[0]!, 'steps[6].set.fields.x: has $' + '{; write')
  assert.match(at(11)[0]!, 'steps[7].rename: expects lines of "name: value"')
  assert.match(at(12)[0]!, 'steps[8].remove.fields: is an empty list')
  assert.match(at(13)[0]!, 'steps[9].geoip.database: cannot be read: ENOENT')
  assert.match(at(14)[0]!, 'steps[10].redact.mode: "hash" needs a key; set parse.redact_key')
  assert.match(at(15)[0]!, 'steps[11].redact.kinds: "phone" is not accepted')
  assert.match(at(18)[0]!, 'steps[12].grok.pattern: %{NUMBR} is unknown; did you mean %{NUMBER}?')
  assert.match(at(19)[0]!, 'steps[13].set: cannot hold the number of id exactly; write it in quotes')
  assert.match(at(19)[1]!, 'steps[13].set: expects one value for list')
  assert.is(faults.length, 15)
})

test('a hash with a key is accepted; a file that is no database is not', () => {
  assert.equal(read('steps: [{ redact: { mode: hash } }]', { redactKey: 'k' }).faults, [])
  const path = join(folder, 'x.mmdb')
  writeFileSync(path, 'nothing of the kind')
  assert.match(
    read(`steps: [{ geoip: { database: ${path} } }]`).faults[0]!,
    'is no database of the MaxMind format',
  )
})

test('a pattern that takes exponential time is refused, with the text that does it', () => {
  const { faults } = read(`steps: [{ regex: '^(?<a>(x+)+)$' }]`)
  assert.is(faults.length, 1)
  assert.match(
    faults[0]!,
    /steps\[1\]\.regex\.pattern: takes exponential time on a text such as 'x.*repeat\(/,
  )
  assert.match(faults[0]!, 'choose "engine: re2" or "unsafe: allow"')
})

test('unless the engine is linear or it was allowed', () => {
  assert.equal(read(`steps: [{ regex: { pattern: '^(?<a>(x+)+)$', engine: re2 } }]`).faults, [])
  assert.equal(read(`steps: [{ regex: { pattern: '^(?<a>(x+)+)$', unsafe: allow } }]`).faults, [])
})

test('patterns inside of expressions are judged too', () => {
  assert.match(
    read(`steps: [{ drop: 'a matches "^(x+)+$"' }]`).faults[0]!,
    'steps[1].drop.if: takes exponential time',
  )
})

test('polynomial time is refused, unless it is short for all texts that are let through', () => {
  assert.match(read(`steps: [{ regex: '(?<a>x*x*x*)y' }]`).faults[0]!, 'takes polynomial time')
  const quadratic = `steps: [{ regex: '^.*id=(?<id>.*)$' }]`
  assert.match(read(quadratic, { maxMatchChars: 1 << 20 }).faults[0]!, 'or lower parse.max_match_chars')
  assert.equal(read(quadratic, { maxMatchChars: 2048 }).faults, [])
})

test('what could not be found out in time is a warning', () => {
  const { faults, warnings } = read(`steps: [{ grok: '%{URI:u} %{SYSLOGBASE} %{IP:i}' }]`, { budgetMs: 1 })
  assert.equal(faults, [])
  assert.match(
    warnings[0]!,
    'steps[1].grok.pattern: may take long on some text, which could not be found out in 1 ms',
  )
})

test.run()
