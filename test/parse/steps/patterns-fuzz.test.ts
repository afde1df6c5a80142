/**
 * What users write in steps, by property: a pattern, a grok expression or a time is taken or named as wrong, and no text
 * of a record makes anything else of them (src/parse/steps/).
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { parseTime } from '../../../src/parse/steps/datetime.ts'
import { expandGrok } from '../../../src/parse/steps/grok/expand.ts'
import { grokLibrary } from '../../../src/parse/steps/grok/library.ts'
import { compilePattern, type Engine } from '../../../src/parse/steps/pattern.ts'
import { StepProblem } from '../../../src/parse/steps/problem.ts'
import { runs } from '../../kernel/arbitraries.ts'
import { suite } from '../../support/suite.ts'

const test = suite('parse/steps/patterns, fuzzed', { timeoutMs: 60_000 })

const piece = fc.constantFrom(
  ...[
    '(',
    ')',
    '(?<a>',
    '(?<b:int>',
    '(?P<c>',
    '(?:',
    '(?i)',
    '(?=',
    '(?!',
    '(?#',
    '(?>',
    '[',
    ']',
    '[^',
    '[[:alpha:]]',
  ],
  ...[
    '\\d',
    '\\h',
    '\\A',
    '\\Z',
    '\\k<a>',
    '\\1',
    '\\',
    '{',
    '}',
    '{2}',
    '{2,1}',
    '*',
    '+',
    '?',
    '|',
    '^',
    '$',
    '.',
    'a',
    '-',
    '/',
    '#',
  ],
  ...[
    '%{WORD}',
    '%{INT:n:int}',
    '%{X}',
    '%{WORD:[http][status]}',
    '%{',
    '&&',
    '\u00e9',
    '\u{1f4a5}',
    '\n',
    ' ',
  ],
)
const pattern = fc.oneof(
  fc.array(piece, { maxLength: 10 }).map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const engine = fc.constantFrom<Engine>('native', 're2')
/** Short ones: patterns that double their time with each letter are refused elsewhere (src/config/steps/safety.ts). */
const text = fc.string({ unit: fc.constantFrom(...'aA1 -/#\n\u00e9'), maxLength: 8 })

test('a pattern is compiled and matches by number, or is named as wrong', () => {
  fc.assert(
    fc.property(pattern, engine, text, (written, name, given) => {
      try {
        const { captures, match } = compilePattern(written, 'pattern', { engine: name, unsafe: 'forbid' })
        const groups = match(given)
        for (const { index } of captures) {
          assert.ok(index >= 1)
          if (groups !== null) assert.ok(index < groups.length)
        }
      } catch (error) {
        assert.instance(error, StepProblem)
      }
    }),
    runs(3_000),
  )
})

test('grok is expanded to a bounded length, or named as wrong', () => {
  const names = fc.constantFrom(...Object.keys(grokLibrary), 'A', 'B', 'C', '__proto__', 'constructor')
  const reference = fc
    .tuple(names, fc.constantFrom('', ':f', ':f:int', ':[a][b]'))
    .map(([name, rest]) => `%{${name}${rest}}`)
  const grok = fc.array(fc.oneof(reference, piece), { maxLength: 6 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(grok, fc.dictionary(fc.constantFrom('A', 'B', 'C', 'WORD'), grok), (written, custom) => {
      try {
        assert.ok(expandGrok(written, custom).length <= 100_000)
      } catch (error) {
        assert.instance(error, StepProblem)
      }
    }),
    runs(1_500),
  )
})

test('names that double at each level are refused before they fill the memory', () => {
  const custom = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [`N${n}`, `%{N${n + 1}}%{N${n + 1}}`]),
  )
  assert.throws(() => expandGrok('%{N0}', { ...custom, N40: 'x'.repeat(100) }), /longer than|unknown/)
})

test('any text is a time within what a date can hold, or none', () => {
  const part = fc.constantFrom(
    ...[
      '2026',
      '9999999999',
      '-',
      '/',
      ':',
      'T',
      'Z',
      '+',
      'Oct',
      'Feb',
      '31',
      '29',
      '60',
      '0',
      ' ',
      '.',
      ',',
      'GMT',
      '+9999',
    ],
  )
  const nearly = fc.array(part, { maxLength: 14 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(
      fc.oneof(nearly, fc.string({ unit: 'binary' })),
      fc.date({ noInvalidDate: true }),
      (given, reference) => {
        const ms = parseTime(given, reference.getTime())
        assert.ok(Number.isNaN(ms) || Number.isFinite(ms), given)
      },
    ),
    runs(3_000),
  )
})

test.run()
