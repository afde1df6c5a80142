/**
 * Streams whose records share keys and orders of keys, as the trie of src/kernel/assembly/shape.ts predicts them, and
 * streams that fill it: the kernel against its twin. A key taken for another would land in the wrong column.
 */
import fc from 'fast-check'
import { suite } from '../support/suite.ts'
import { runs } from './arbitraries.ts'
import { createBench, defaultSettings } from './harness.ts'
import { checkRecords } from './twin.ts'

const test = suite('kernel: shapes', { timeoutMs: 120_000 })

const aliases = [
  'ts',
  'time',
  'level',
  'severity',
  'msg',
  'message',
  'service',
  'service.name',
  'host',
  'trace_id',
]
/** Beginnings and endings of aliases, and pairs alike in the 16 bytes that a node keeps. */
const nearly = [
  't',
  'tss',
  'leve',
  'levels',
  'messag',
  'service.nam',
  'thread_name_of_a',
  'thread_name_of_b',
  'host.name.of.this',
  'host.name.of.that',
]
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...aliases) },
  { weight: 3, arbitrary: fc.constantFrom(...nearly) },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z]{1,3}$/) },
)
const value = fc.constantFrom('1', '"a"', '"info"', '""', 'true', '17', '"2026-01-15T10:00:00Z"')
const spelling = fc.record({
  space: fc.constantFrom('', '', '', ' '),
  escapes: fc.integer({ max: 12, min: 0 }),
})
type Member = [key: string, value: string]
type Spelling = { space: string; escapes: number }

/** Records of a few programs, each with its own order of keys, now and then with one more. */
const stream = fc
  .array(fc.array(key, { maxLength: 9 }), { minLength: 1, maxLength: 12 })
  .chain(shapes =>
    fc.array(
      fc.tuple(
        fc.constantFrom(...shapes),
        fc.array(value, { minLength: 10, maxLength: 10 }),
        fc.option(key),
        spelling,
      ),
      { minLength: 1, maxLength: 60 },
    ),
  )
  .map(records =>
    records.map(([keys, values, more, how]) => ({
      members: (more ? [...keys, more] : keys).map((name, index): Member => [name, values[index % 10]!]),
      how,
    })),
  )

/** Every record begins with keys of its own: no more siblings, then no more nodes. */
const floods = Array.from({ length: 400 }, (_, index): Member[] => [
  [`k${index % 40}`, '1'],
  [`u${index}`, '"x"'],
  ['msg', `"m${index}"`],
  ['level', '"warn"'],
])

/** In one key of twelve the first byte is an escape: not plain, the same name. */
function json(members: readonly Member[], { space, escapes }: Spelling): string {
  const texts = members.map(([name, text], index) => {
    const first = `\\u00${name.charCodeAt(0).toString(16)}`
    return `"${index + 1 === escapes ? first + name.slice(1) : name}"${space}:${text}`
  })
  return `{${texts.join(`,${space}`)}}`
}

function logfmt(members: readonly Member[], { space }: Spelling): string {
  return members.map(([name, text]) => `${name}=${text}`).join(` ${space}`)
}

for (const [format, print] of [
  ['json', json],
  ['logfmt', logfmt],
] as const) {
  const bench = createBench({ format })
  const check = (records: readonly { members: readonly Member[]; how: Spelling }[]): void =>
    checkRecords(
      bench,
      { ...defaultSettings, format },
      records.map(({ members, how }) => ({ value: Buffer.from(print(members, how)) })),
    )

  test(`${format}: records whose keys follow each other in few orders`, () => {
    fc.assert(fc.property(stream, check), runs(400))
  })

  test(`${format}: more orders than there is room for`, () => {
    const how = { space: '', escapes: 0 }
    check([...floods, ...floods].map(members => ({ members, how })))
  })
}

test.run()
