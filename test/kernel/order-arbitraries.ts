/**
 * Streams for the order of members: few shapes of nested records, again and again, in several spellings, now and then
 * with one member moved or a byte wrong. Keys repeat within a record, and long ones differ only at their ends.
 */
import fc from 'fast-check'
import { broken, isUsable } from './arbitraries.ts'

/** A value that is a number stands for one of the values of the record. */
export type Tree = number | string | readonly Member[]
export type Member = readonly [key: string, value: Tree]

/** Alike in what one load or two of 16 bytes see of them, with quotes, comma and colon. */
const long = [
  'correlation_id',
  'correlation_ie',
  'http_user_agent_string_of_cli',
  'http_user_agent_string_of_clj',
  'http_user_agent_string_of_client',
  'http_user_agent_string_of_clienu',
  'http_user_agent_string_of_client_a',
  'http_user_agent_string_of_client_b',
]
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'aa', 'ab', 'B', 'é', '~', '{', ',"', '}', '') },
  { weight: 3, arbitrary: fc.constantFrom(...long) },
  {
    weight: 3,
    arbitrary: fc.constantFrom('service', 'name', 'service.name', 'msg', 'level', 'host', 'ts', 'lc.ts'),
  },
)
const opaque = fc.constantFrom('[]', '{}', '[{"b":1,"a":2},{"a":1}]', '{ }', '[[],{"z":{},"y":1}]')

const { members } = fc.letrec<{ members: Member[]; value: Tree }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    { weight: 6, arbitrary: fc.nat({ max: 9 }) },
    { weight: 1, arbitrary: opaque },
    { weight: 4, arbitrary: tie('members') },
  ),
  members: fc.array(fc.tuple(key, tie('value')), { maxLength: 7 }),
}))

/** Ten objects, one in the other. */
const deep: Tree = Array.from({ length: 10 }).reduce<Tree>(
  (inner, _, level) => [
    ['z', level],
    ['a', inner],
    ['y', 1],
  ],
  0,
)

const value = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom('1', '"a"', '"info"', '""', 'true', 'null', '-1.5e3', '"é{,}"', '"a\\"b"'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('"2023-11-14T22:13:20Z"', '"a text of seventeen b"', `"${'x'.repeat(70)}"`),
  },
  { weight: 1, arbitrary: fc.constantFrom('"\\u0000"', '"\\ud800"', '1e400000') },
)

interface Spelling {
  readonly comma: string
  readonly colon: string
  readonly open: string
  readonly close: string
  /** The so-many-eth key begins with an escape. */
  readonly escaped: number
}
const tight = { comma: ',', colon: ':', open: '{', close: '}', escaped: 0 }
const spelling = fc.record<Spelling>({
  comma: fc.constantFrom(',', ',', ',', ', ', ' ,', ',\n    '),
  colon: fc.constantFrom(':', ':', ':', ': ', ' :', ' :  '),
  open: fc.constantFrom('{', '{', '{ ', '{\n\t'),
  close: fc.constantFrom('}', '}', ' }', `\n${' '.repeat(40)}}`),
  escaped: fc.oneof(
    { weight: 9, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }) },
  ),
})

/** The record as text. */
export function print(tree: Tree, values: readonly string[], how: Spelling = tight): string {
  let keys = 0
  const quoted = (name: string): string => {
    const isEscaped = ++keys === how.escaped && /^[a-z]/.test(name)
    return isEscaped ? `"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}"` : JSON.stringify(name)
  }
  const walk = (node: Tree): string => {
    if (typeof node === 'number') return values[node % values.length]!
    if (typeof node === 'string') return node
    return `${how.open}${node.map(([name, inner]) => `${quoted(name)}${how.colon}${walk(inner)}`).join(how.comma)}${how.close}`
  }
  return walk(tree)
}

/** The same keys in the same order, but the first object that can closes one member earlier. */
export function closedEarlier(tree: readonly Member[]): readonly Member[] {
  for (const [index, [name, inner]] of tree.entries()) {
    if (typeof inner !== 'object' || inner.length === 0) continue
    const left: Member[] = [
      [name, inner.slice(0, -1)],
      [inner.at(-1)![0], inner.at(-1)![1]],
    ]
    return [...tree.slice(0, index), ...left, ...tree.slice(index + 1)]
  }
  return tree
}

const shape = fc.oneof(
  { weight: 9, arbitrary: members },
  { weight: 1, arbitrary: fc.constant(deep as Member[]) },
)
const edits = fc.constantFrom<(tree: readonly Member[]) => readonly Member[]>(
  tree => tree,
  tree => tree,
  tree => tree,
  closedEarlier,
  tree => tree.slice(1),
  tree => [...tree, ['a', 3]],
  tree => [...tree].reverse(),
)

/** Records of few shapes. */
export const orderStream: fc.Arbitrary<Buffer[]> = fc
  .tuple(fc.array(shape, { minLength: 1, maxLength: 4 }), fc.array(spelling, { minLength: 1, maxLength: 2 }))
  .chain(([shapes, spellings]) => {
    const text = fc
      .tuple(
        fc.constantFrom(...shapes),
        edits,
        fc.array(value, { minLength: 10, maxLength: 10 }),
        fc.constantFrom(tight, ...spellings),
      )
      .map(([tree, edit, values, how]) => print(edit(tree), values, how))
    const record = fc.oneof(
      { weight: 9, arbitrary: text.map(whole => Buffer.from(whole)) },
      { weight: 1, arbitrary: broken(text) },
    )
    return fc.array(record.filter(isUsable), { minLength: 1, maxLength: 40 })
  })
