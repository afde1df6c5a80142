/**
 * The order of members in attrs: jsonb's, wherever the keys are known byte for byte (member-order.ts), and as they came
 * elsewhere. That no member is lost or taken for another is checked against the twin, over streams of few shapes.
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type Json, orderMembers, parseJson, printJson } from '../reference/json.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'
import { runs } from './arbitraries.ts'
import { type Bench, createBench, defaultSettings, NOW } from './harness.ts'
import { type Member, orderStream, print } from './order-arbitraries.ts'
import { checkRecords } from './twin.ts'

const test = suite('kernel: order of members', { timeoutMs: 120_000 })

const bench = createBench()

/** attrs of the records, which are also held to the twin. */
function attrsOf(texts: readonly string[], of: Bench = bench, settings = defaultSettings): string[] {
  const records = texts.map(value => ({ value }))
  checkRecords(of, settings, records)
  return of.parse(encodeBatch({ records, baseTimestamp: NOW })).rows.map(({ attrs }) => attrs)
}

/** Throws unless attrs of every record are in jsonb's order. */
function checkInOrder(texts: readonly string[]): void {
  for (const [index, attrs] of attrsOf(texts).entries()) {
    const whole = parseJson(attrs)
    if (whole.kind !== 'object') throw new Error(`no object: ${attrs}`)
    // What LogCollector adds stands behind.
    const json: Json = { kind: 'object', members: whole.members.filter(([key]) => !key.startsWith('lc.')) }
    assert.is(printJson(json), printJson(orderMembers(json)), `record ${index}: ${texts[index]}`)
  }
}

test('shorter keys come first, then by their bytes; objects inside alike, what is in arrays as it came', () => {
  const text =
    '{"msg":"m","bb":[{"bb":1,"a":2}],"c":{"zz":1,"y":{"bb":1,"a":2},"x":3},"é":1,"aa":2,"Z":3,"level":"info","b":{}}'
  const expected = '{"Z":3,"b":{},"c":{"x":3,"y":{"a":2,"bb":1},"zz":1},"aa":2,"bb":[{"bb":1,"a":2}],"é":1}'
  assert.equal(attrsOf([text, text, text]), [expected, expected, expected])
})

test('white space between members vanishes, that inside values stays', () => {
  const text = '{ "bb" : [ 1 ] ,\n  "c" : { "e" : 1 , "d" : "x y" } , "a": 2 }'
  const [attrs] = attrsOf([text])
  assert.is(attrs, '{"a": 2,"c" :{"d" : "x y","e" : 1},"bb" : [ 1 ]}')
  checkInOrder([text, text, '{"bb": 1, "a": {"d": 1, "c": 2}}', '{"bb": 3, "a": {"d": 4, "c": 5}}'])
})

test('promoted members leave, also out of objects inside, which stay when they lose all', () => {
  const text = '{"zz":1,"service":{"name":"s","zone":"b"},"msg":"m","host":{"name":"h"},"ts":"x","a":1}'
  const [attrs] = attrsOf([text])
  assert.is(attrs, '{"a":1,"ts":"x","zz":1,"host":{},"service":{"zone":"b"}}')
})

test('what leaves may differ between records of one shape', () => {
  const text = (level: string, ts: string): string =>
    `{"zz":1,"level":"${level}","ts":"${ts}","service":"${'s'.repeat(level.length * 60)}","a":{"d":1,"cc":2}}`
  const times = ['2023-11-14T22:13:20Z', '2003-11-14T22:13:20Z', 'never']
  checkInOrder(times.flatMap(ts => ['info', 'whatever'].map(level => text(level, ts))))
})

test('keys of up to 32 bytes with what surrounds them are told apart, alike as they may be', () => {
  for (let length = 1; length <= 28; length++) {
    const stem = 'k'.repeat(length - 1)
    checkInOrder(
      ['ab', 'ba', 'ab', 'aa', 'bb', 'ba'].map(([x, y]) => `{"z":0,"${stem}${x}":1,"${stem}${y}":2}`),
    )
  }
})

test('longer keys and escapes in keys: equal ones are not swapped', () => {
  const long = 'x'.repeat(40)
  const keys = [`${long}a`, `${long}b`, '\\u0061', '\\u0062', 'a', 'b']
  const texts = keys.flatMap(x => keys.map(y => `{"${x}":1,"${y}":2,"a":3}`))
  // Whichever pair comes first, its order must not become that of the others.
  for (let first = 0; first < texts.length; first++) attrsOf([texts[first]!, ...texts])
})

test('of equal keys the last stays the last', () => {
  const texts = ['{"a":1,"b":2,"a":3}', '{"bb":1,"a":{"c":1,"c":2,"b":3,"c":4},"bb":2,"a":5}']
  checkInOrder([...texts, ...texts])
  assert.is(attrsOf([texts[0]!])[0], '{"a":1,"a":3,"b":2}')
  assert.is(attrsOf(['{"service":"x","msg":"m","b":1,"service":"y"}'])[0], '{"b":1,"service":"y"}')
})

test('records are told apart by where an object opens and closes', () => {
  const texts = [
    '{"b":{"b":1},"a":2}',
    '{"b":{"b":1,"a":2}}',
    '{"b":1,"b":2,"a":3}',
    '{"b":{"b":{"a":1}}}',
    '{"b":{"b":{}},"a":1}',
    '{"b":{},"b":1,"a":2}',
    '{"b":{"b":{"b":1},"a":2}}',
    '{"b":{"b":{"b":1}},"a":2}',
    '{"b":[{"b":1}],"a":2}',
  ]
  checkInOrder([...texts, ...texts, ...texts.reverse()])
})

test('a predicted token is taken only where it may stand', () => {
  const good = ['{"a":{"b":1},"c":2}', '{"a":1,"c":2}', '{"a":"x"}', '{"a":{"b":[1]}}']
  const bad = [
    '{"a":1{"b":1},"c":2}',
    '{"a":"x"{"b":1}}',
    '{"a":1{"b":1}',
    '{"a":"x"{"b":[1]}',
    '{"a":{"b":1}}}',
    '{"a":{"b":1}',
    '{"a":{,"b":1}}',
    '{"a":{"b":1}{"b":1}}',
    '{"a","c":2}',
    '{"a":,"c":2}',
    '{"a":{"b":}}',
    '{"a":}',
    '{,"c":2}',
    '{"a":[1}',
    '{"a":1,"c":2',
    '{"a":1,"c":',
    '{"a":1,',
    '{"a":{"b":1},',
  ]
  attrsOf([...good, ...bad.flatMap(text => [text, ...good])])
})

test('more members than are noted, and objects deeper than are entered', () => {
  const record = (count: number): string =>
    print(
      Array.from({ length: count }, (_, index): Member => [`k${(count - index) % 50}`, index]),
      ['1', '"x"'],
    )
  checkInOrder([63, 64, 63, 64].map(record))
  attrsOf([65, 64, 200, 65, 200].map(record))
  const nested = (depth: number, inner: string): string =>
    depth === 0 ? inner : `{"b":${nested(depth - 1, inner)},"a":1}`
  checkInOrder([9, 9, 8, 9].map(depth => nested(depth, '{"a":1,"b":2}')))
  attrsOf([9, 10, 11, 100, 100, 509, 510, 511, 512, 513].map(depth => nested(depth, '{"b":1,"a":2}')))
})

test('objects whose keys are data are passed over, and the records around them stay in order', () => {
  const texts = Array.from(
    { length: 600 },
    (_, index) => `{"z":1,"labels":{"k${index}":1,"u${index}":"x"},"y":{"d":1,"c":2},"a":${index}}`,
  )
  const late = attrsOf(texts).slice(100)
  for (const [index, attrs] of late.entries()) {
    const n = index + 100
    assert.is(attrs, `{"a":${n},"y":{"c":2,"d":1},"z":1,"labels":{"k${n}":1,"u${n}":"x"}}`)
  }
})

test('more shapes than there is room for', () => {
  const texts = Array.from({ length: 1500 }, (_, index) => {
    const names = Array.from({ length: 7 }, (_, bit) => ((index * 7919) & (1 << bit) ? `b${bit}` : `a${bit}`))
    return print(
      names.map(
        (name): Member => [
          name,
          [
            [`${name}z`, 1],
            ['a', 0],
          ],
        ],
      ),
      ['1', '"x"'],
    )
  })
  attrsOf(texts)
})

test('more orders than there is room for', () => {
  const common = Array.from({ length: 50 }, (_, index) => `"k${index}":1`).join(',')
  const texts = Array.from(
    { length: 512 },
    (_, n) => `{${common},"a${n & 7}":1,"b${(n >> 3) & 7}":1,"c${n >> 6}":1}`,
  )
  attrsOf([...texts, ...texts.slice(-50), ...texts.slice(0, 50)])
})

test('white space longer than what is kept of it hides no brace', () => {
  for (let length = 28; length < 40; length++) {
    const space = ' '.repeat(length)
    const texts = [
      `{"service":{"a":1${space}},"name":"x","b":1}`,
      `{"service":{"a":1${space},"b":2,"name":"y"},"c":3}`,
      `{${space}"service":{${space}"a":1${space},"b":2,"name":"y"${space}},"c":3}`,
    ]
    attrsOf([...texts, ...texts, ...texts.reverse()])
    attrsOf(texts)
  }
})

test('what is mended is mended in order', () => {
  const texts = ['"\\u0000"', '1e400000', '"\\ud800x"', '"fine"'].map(
    value => `{"bb":${value},"a":{"d":${value},"c":[${value}]},"msg":${value}}`,
  )
  checkInOrder([...texts, ...texts].map(text => text.replace(/,"msg".*/, '}')))
  assert.is(attrsOf([texts[0]!])[0], '{"a":{"c":["\ufffd"],"d":"\ufffd"},"bb":"\ufffd","lc.sanitized":true}')
})

test("what LogCollector adds stays behind the record's own members of that name", () => {
  const keyed = createBench({ keys: true, headers: true })
  const settings = { ...defaultSettings, keys: true, headers: true }
  const records = Array.from({ length: 3 }, () => ({
    key: 'k',
    headers: [['h', 'v']] as [string, string][],
    value: '{"kafka.key":"mine","z":1,"kafka.headers":{"b":1,"a":2},"lc.ts":1,"ts":"2003-11-14T22:13:20Z"}',
  }))
  checkRecords(keyed, settings, records)
  const { rows } = keyed.parse(encodeBatch({ records, baseTimestamp: NOW }))
  assert.is(
    rows[2]!.attrs,
    '{"z":1,"lc.ts":1,"kafka.key":"mine","kafka.headers":{"a":2,"b":1},"lc.ts":"2003-11-14T22:13:20Z","kafka.key":"k","kafka.headers":{"h":"v"}}',
  )
})

for (const columns of [
  [],
  [
    { name: 'one', from: 'a', type: 'integer' },
    { name: 'two', from: 'b.a', type: 'text' },
  ],
] as const) {
  test(`streams of few shapes, with ${columns.length} typed columns`, () => {
    const settings = { ...defaultSettings, columns }
    const of = createBench({ columns })
    fc.assert(
      fc.property(orderStream, values =>
        checkRecords(
          of,
          settings,
          values.map(value => ({ value })),
        ),
      ),
      runs(600),
    )
  })
}

test.run()
