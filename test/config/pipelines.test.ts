/** The setting `pipelines`: what is read from YAML and JSON, what topics follow, and that every fault names its place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { describeConfig } from '../../src/config/describe.ts'
import { loadConfig, parserSettings, pipelineFinder, problemsOf } from '../../src/config/index.ts'
import { writePipelines } from '../../src/config/pipelines.ts'
import { describeProblem } from '../../src/config/problems.ts'
import { suite } from '../support/suite.ts'

const test = suite('config/pipelines')
let folder = ''
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelines-'))
})
test.after(() => rmSync(folder, { recursive: true }))

function fromFile(text: string) {
  const file = join(folder, 'file')
  writeFileSync(file, text)
  return loadConfig({ file, env: {} })
}

const problemIn = (text: string): string => {
  try {
    fromFile(text)
  } catch (error) {
    const [problem] = problemsOf(error)
    if (problem === undefined) throw error
    return describeProblem(problem).replaceAll(`${folder}/`, '')
  }
  throw new Error(`accepted: ${text}`)
}

const two = `
parse: { format: logfmt }
pipelines:
  - name: web
    topics: [nginx, /^web-/]
    format: raw
    aliases: { host: [server, host] }
  - name: rest
    topics: /./
`

test('a pipeline has topics, and its own format and aliases where it says so', () => {
  const config = fromFile(two)
  assert.equal(config.kafka.topics, ['nginx', '/^web-/', '/./'])
  const [web, rest] = parserSettings(config)
  assert.equal([web!.name, web!.format, web!.aliases.host], ['web', 'raw', ['server', 'host']])
  assert.equal([rest!.name, rest!.format, rest!.aliases.host], ['rest', 'logfmt', config.parse.aliases.host])
  assert.is(web!.aliases.ts, config.parse.aliases.ts)
  const written = describeConfig(config).find(({ key }) => key === 'pipelines')!.value
  const again = loadConfig({ file: null, env: { LOGCOLLECTOR_PIPELINES: written } })
  assert.equal(again.pipelines, config.pipelines)
  assert.throws(() => (config.pipelines as unknown[]).push(web))
})

test('without pipelines there is one, over kafka.topics', () => {
  const config = loadConfig({ file: null, env: {} })
  assert.equal(
    parserSettings(config).map(({ name, format }) => [name, format]),
    [['default', 'json']],
  )
  assert.equal(config.kafka.topics, ['logs'])
})

test('a topic belongs to the pipeline that has its name, else to the first expression that it matches', () => {
  const pipelineOf = pipelineFinder(
    fromFile(
      'pipelines: [{ name: a, topics: [/^x/] }, { name: b, topics: [xy, /y$/] }, { name: c, topics: [__own] }]',
    ),
  )
  const topics = ['xy', 'xa', 'ay', '__own', '__x', 'none', 'xa']
  assert.equal(topics.map(pipelineOf), [1, 0, 1, 2, 0, 0, 0])
})

test('steps are kept with their defaults, and written so that they can be read', () => {
  const { pipelines } = fromFile(
    'pipelines:\n  - name: a\n    topics: x\n    steps:\n      - severity\n      - remove: [a, b]\n      - set: { n: 1, t: "1" }\n',
  )
  assert.equal(pipelines[0]!.steps, [
    { kind: 'severity', options: { field: 'message' } },
    { kind: 'remove', options: { fields: ['a', 'b'] } },
    { kind: 'set', options: { fields: { n: 1, t: '1' } } },
  ])
  const again = loadConfig({ file: null, env: { LOGCOLLECTOR_PIPELINES: writePipelines(pipelines) } })
  assert.equal(again.pipelines, pipelines)
})

const faults: readonly (readonly [text: string, problem: string])[] = [
  ['pipelines: x', 'file:1:12: pipelines: is no list'],
  ['pipelines:\n  - topics: x', 'file:2:5: pipelines: item 1 needs both name and topics'],
  ['pipelines:\n  - nmae: x', 'file:2:5: pipelines: item 1 has no nmae; did you mean name?'],
  ['pipelines:\n  - { name: a b, topics: x }', 'file:2:13: pipelines: item 1: "a b" is no name'],
  ['pipelines:\n  - { name: a, topics: [] }', 'file:2:24: pipelines: a: topics expects 1 to 1000'],
  [
    'pipelines:\n  - { name: a, topics: [x y] }',
    'file:2:25: pipelines: a: "x y" is not accepted; write topic',
  ],
  ['pipelines:\n  - { name: a, topics: ["/(/"] }', 'file:2:25: pipelines: a: "/(/" is not accepted'],
  [
    'pipelines:\n  - { name: a, topics: x, format: jsn }',
    'file:2:35: pipelines: a: there is no format "jsn"; did you mean json?',
  ],
  [
    'pipelines:\n  - { name: a, topics: x, aliases: { hosts: [h] } }',
    'file:2:38: pipelines: a: aliases has no hosts; did you mean host?',
  ],
  [
    'pipelines:\n  - { name: a, topics: x, aliases: { host: [a..b] } }',
    'file:2:45: pipelines: a: aliases.host: "a..b" is none of field names',
  ],
  [
    'pipelines:\n  - { name: a, topics: x }\n  - { name: a, topics: y }',
    'file:3:13: pipelines: "a" is there twice',
  ],
  [
    'pipelines:\n  - { name: a, topics: x }\n  - { name: b, topics: x }',
    'file:3:24: pipelines: b: the topic x belongs to a already',
  ],
  [
    'pipelines:\n  - { name: a, topics: x, steps: [{ a: 1, b: 2 }] }',
    'file:2:35: pipelines: a.steps[1]: expects one kind',
  ],
  [
    'pipelines:\n  - { name: a, topics: x, steps: [severiti] }',
    'file:2:35: pipelines: a.steps[1].severiti: is no step; did you mean severity?',
  ],
  [
    'pipelines:\n  - { name: a, topics: x, steps: [drop: "a =="] }',
    'file:2:41: pipelines.a.steps[1].drop.if: ',
  ],
  [
    'pipelines:\n  - { name: a, topics: x, steps: [{ regex: "^(?<a>(x+)+)$" }] }',
    'file:2:44: pipelines.a.steps[1].regex.pattern: takes exponential time',
  ],
  [
    'kafka: { topics: [y] }\npipelines: [{ name: a, topics: x }]',
    'file:2:12: pipelines: no pipeline has the topic y of kafka.topics',
  ],
  [
    'pipelines: [{ name: a, topics: x, steps: [severity], aliases: { host: [a, b, c, d, e, f, g, h, i] } }]',
    'file:1:12: pipelines: a has steps, and so takes at most 8 aliases for host',
  ],
  [
    'pipelines: [{ name: a, topics: x, format: auto, aliases: { host: [a, b, c, d, e, f, g, h, i] } }]',
    'file:1:12: pipelines: a is of the format auto, and so takes at most 8 aliases for host',
  ],
]

for (const [text, problem] of faults) {
  test(`is refused with its place: ${JSON.stringify(text)}`, () => {
    const found = problemIn(text)
    assert.ok(found.startsWith(problem), found)
  })
}

test.run()
