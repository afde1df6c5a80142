/** Files of settings by property: whatever stands in them is read or named with its place; never anything else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { parseColumns, writeColumns } from '../../src/config/columns.ts'
import { parsePipelines, writePipelines } from '../../src/config/pipelines.ts'
import type { ConfigProblem } from '../../src/config/problems.ts'
import { settingKeys, settingOf } from '../../src/config/settings/index.ts'
import { parseValue } from '../../src/config/values.ts'
import { readYaml } from '../../src/config/yaml-file.ts'
import { columnTypes } from '../../src/parse/contract.ts'
import { runs } from '../kernel/arbitraries.ts'
import { suite } from '../support/suite.ts'

const test = suite('config, fuzzed', { timeoutMs: 60_000 })
const example = readFileSync(join(import.meta.dirname, '..', '..', '..', 'logcollector.example.yaml'), 'utf8')

function readAll(text: string): void {
  const problems: ConfigProblem[] = []
  for (const [key, { raw, origin }] of readYaml(text, 'x.yaml', problems)) {
    assert.ok(settingKeys.includes(key))
    assert.is(origin.source, 'file')
    parseValue(settingOf(key), raw)
  }
  for (const { origin, problem } of problems) {
    assert.ok(problem.length > 0)
    assert.is(origin?.source, 'file')
  }
}

test('any text as a file', () => {
  const piece = fc.constantFrom(
    ...[
      'kafka',
      'postgres',
      'http',
      'pipelines',
      'columns',
      'url',
      'topics',
      ': ',
      ':\n  ',
      '\n',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ', ',
    ],
    ...[
      '&a ',
      '*a',
      '!!binary ',
      '"',
      "'",
      '#',
      '|',
      '>',
      '? ',
      '<<: ',
      '1',
      'null',
      'true',
      '~',
      '%YAML 1.1\n---\n',
      '\t',
      '\u0000',
    ],
  )
  const nearly = fc.array(piece, { maxLength: 25 }).map(parts => parts.join(''))
  fc.assert(fc.property(fc.oneof(nearly, fc.string({ unit: 'binary' })), readAll), runs(1_500))
})

test('the example with some of its characters replaced', () => {
  const edit = fc.tuple(
    fc.nat(),
    fc.constantFrom('"', "'", ':', '[', '{', '\n', '&', '*', '-', '\u0000', '\t', 'x'),
  )
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), edits => {
      let text = example
      for (const [at, character] of edits) {
        const place = at % text.length
        text = text.slice(0, place) + character + text.slice(place + 1)
      }
      readAll(text)
    }),
    runs(60),
  )
})

test('names that stand for ever more are refused, not expanded', () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) =>
      `a${n}: &a${n} [${Array(10)
        .fill(n === 0 ? 'x' : `*a${n - 1}`)
        .join(', ')}]`,
  )
  for (const text of [
    `${levels.join('\n')}\nkafka:\n  topics: *a11\n`,
    `${levels.join('\n')}\npipelines: *a11\n`,
    'pipelines: &a [*a]\n',
    'kafka: &a\n  topics: [*a]\n',
  ]) {
    const problems: ConfigProblem[] = []
    readYaml(text, 'x.yaml', problems)
    assert.ok(problems.length > 0, text)
    readAll(text)
  }
})

test('pipelines and columns of any JSON are read or named as wrong, and what is read is written again', () => {
  const step = fc.oneof(
    fc.constantFrom<unknown>(
      'severity',
      'redact',
      { drop: 'a == 1' },
      { set: { fields: { a: 1 } } },
      { rename: { a: 'b' } },
      { remove: ['a'] },
      { grok: '%{WORD:a}' },
    ),
    fc.jsonValue(),
  )
  const pipeline = fc.record(
    {
      name: fc.oneof(fc.constantFrom('a', 'b'), fc.jsonValue()),
      topics: fc.oneof(fc.constant(['t']), fc.jsonValue()),
      format: fc.oneof(fc.constantFrom('json', 'auto'), fc.jsonValue()),
      steps: fc.oneof(fc.array(step, { maxLength: 3 }), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  const pipelines = fc
    .oneof(fc.array(pipeline, { maxLength: 3 }), fc.jsonValue())
    .map(value => JSON.stringify(value))
  fc.assert(
    fc.property(fc.oneof(pipelines, fc.string()), text => {
      const parsed = parsePipelines(text)
      if ('value' in parsed) assert.equal(parsePipelines(writePipelines(parsed.value)), parsed)
      else assert.ok(parsed.problem.length > 0)
    }),
    runs(1_500),
  )
  const column = fc.record({
    from: fc.oneof(fc.constantFrom('a', 'b.c'), fc.jsonValue()),
    type: fc.oneof(fc.constantFrom<unknown>(...columnTypes), fc.jsonValue()),
  })
  const columns = fc
    .dictionary(fc.oneof(fc.constantFrom('x', 'y', 'select', 'ts'), fc.string()), column)
    .map(value => JSON.stringify(value))
  fc.assert(
    fc.property(fc.oneof(columns, fc.string()), text => {
      const parsed = parseColumns(text)
      if ('value' in parsed) assert.equal(parseColumns(writeColumns(parsed.value)), parsed)
      else assert.ok(parsed.problem.length > 0)
    }),
    runs(1_000),
  )
})

test.run()
