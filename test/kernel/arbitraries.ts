/**
 * What the kernel's fuzz tests are fed with: bytes, JSON in every dress, JSON broken by a few edits, times, numbers.
 */
import fc from 'fast-check'
import type { TestRecord } from '../reference/kafka-batch.ts'
import { BROKEN } from '../reference/text.ts'
import { defaultSettings, NOW } from './harness.ts'

/** FUZZ_RUNS multiplies the runs of every property. */
export const runs = (count: number): { numRuns: number } => ({
  numRuns: Math.ceil(count * Number(process.env.FUZZ_RUNS ?? 1)),
})

/** Free of BROKEN, also as an escape, which the twin could not tell from bytes that are no UTF-8. */
export const isUsable = (value: Uint8Array): boolean =>
  !Buffer.from(value).includes(BROKEN) && !/\\ue000/i.test(Buffer.from(value).toString('latin1'))

const aliases = Object.values(defaultSettings.aliases).flat()
export const names = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...aliases) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'service',
      'host',
      'trace',
      'span',
      'name',
      'id',
      'servic',
      'services',
      'Host',
      '',
    ),
  },
  { weight: 2, arbitrary: fc.string({ maxLength: 24 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
)

const digits = (max: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...'0123456789'), { minLength: 1, maxLength: max }).map(list => list.join(''))

/** A JSON number as text. */
export const numberText: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: -70, max: 70 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => String(Object.is(value, -0) ? 0 : value)),
  fc.integer({ min: NOW - 8 * 86_400_000, max: NOW + 7_200_000 }).map(String),
  fc.constantFrom(
    '1e131071',
    '1e131072',
    '10e131071',
    '1e-16383',
    '1e-16384',
    '0.1e-16382',
    '0.1e-16383',
    '0e999999999',
  ),
  fc.constantFrom('1e400000', '-1E+99999999999999999999', '0', '-0', '0.0', '1E2', '12345678901234567890123'),
  fc
    .tuple(
      fc.constantFrom('', '-'),
      digits(22),
      fc.option(digits(12)),
      fc.option(fc.integer({ min: -30, max: 30 })),
    )
    .map(([sign, integer, fraction, exponent]) =>
      [
        sign,
        integer.replace(/^0+(?=.)/, ''),
        fraction ? `.${fraction}` : '',
        exponent === null ? '' : `e${exponent}`,
      ].join(''),
    ),
)

/** Times, and what is nearly one. */
export const timeText: fc.Arbitrary<string> = fc
  .record({
    year: fc.oneof(fc.constantFrom('2023', '0000', '9999', '1969', '2024', '1900', '2000'), digits(4)),
    month: fc.oneof(fc.constantFrom('11', '02', '12', '01', '13', '00'), digits(2)),
    day: fc.oneof(fc.constantFrom('14', '28', '29', '30', '31', '00', '32'), digits(2)),
    separator: fc.constantFrom('T', 't', ' ', '_', ''),
    clock: fc.oneof(
      fc.constantFrom('22:13:20', '23:59:60', '24:00:00', '00:60:00', '00:00:61', '1:00:00'),
      fc.constant('12:34:56'),
    ),
    fraction: fc.oneof(
      fc.constant(''),
      fc.constantFrom('.', ','),
      digits(12).map(text => `.${text}`),
      digits(7).map(text => `,${text}`),
    ),
    zone: fc.constantFrom(
      '',
      'Z',
      'z',
      '+01:00',
      '-0530',
      '+23',
      '+24:00',
      '-12:60',
      '+1',
      ' ',
      'UTC',
      '+01:00:00',
      '-00:00',
    ),
  })
  .map(t => `${t.year}-${t.month}-${t.day}${t.separator}${t.clock}${t.fraction}${t.zone}`)

export const levelText = fc.constantFrom(
  'info',
  'INFO',
  'Warning',
  ' error ',
  'FATAL',
  'verbose',
  'eRr',
  '30',
  '3',
  '7',
  '8',
  '60',
  '70',
  '09',
  'x',
  '',
)

export const strings = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  timeText,
  levelText,
  numberText,
  fc
    .integer({ min: 240, max: 270 })
    .chain(length => fc.constantFrom('x'.repeat(length), 'é'.repeat(length / 2), `${'x'.repeat(length)}€\n`)),
)

/** The text of a string, each character in one of the ways in which JSON can write it. */
const quoted = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(text, fc.integer({ min: 0, max: 7 })).map(([value, style]) => {
    const plain = JSON.stringify(value)
    if (style < 5) return plain
    return plain.replace(/[a-z/é€](?<!\\.)/g, character =>
      style === 5
        ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
        : character === '/'
          ? '\\/'
          : character,
    )
  })

const oddStrings = fc.constantFrom(
  '"\\u0000"',
  '"\\ud800"',
  '"x\\udc00y"',
  '"\\ud83d\\ude00"',
  '"\\ud83d\\ud83d\\ude00"',
  '"\\uD800\\u0041"',
  '"\\ud83d\\\\"',
)

const space = fc.constantFrom('', '', '', '', ' ', '\n', '\t ', ' \r\n')

/** JSON text: any value, objects with promoted names above all. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    quoted(strings),
    numberText,
    fc.constantFrom('true', 'false', 'null'),
    oddStrings,
    fc.array(tie('value'), { maxLength: 4 }).map(items => `[${items.join(',')}]`),
    tie('object'),
  ),
  object: fc
    .tuple(
      space,
      fc.array(fc.tuple(space, quoted(names), space, space, tie('value'), space), { maxLength: 8 }),
    )
    .map(
      ([inner, members]) =>
        `{${inner}${members.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(',')}}`,
    ),
})).object

const interesting = fc.constantFrom(
  ...Buffer.from('"\\{}[]:,0-.eE u\n\t\r\0\x1f\x7f'),
  0x80,
  0xc0,
  0xc3,
  0xed,
  0xa0,
  0xe2,
  0xf0,
  0xf4,
  0xff,
)

/** A text with a few bytes changed, put in or taken out. */
export const broken = (text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      text,
      fc.array(
        fc.tuple(
          fc.nat(),
          fc.integer({ min: 0, max: 2 }),
          fc.oneof(interesting, fc.integer({ min: 0, max: 255 })),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
    )
    .map(([text, edits]) =>
      edits.reduce((bytes, [where, kind, byte]) => {
        const at = where % (bytes.length + 1)
        const insert = kind === 2 ? [] : [byte]
        return Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(insert),
          bytes.subarray(kind === 0 ? at : at + 1),
        ])
      }, Buffer.from(text)),
    )

export const brokenJson = broken(jsonText)

/** Any value a record may have. */
export const anyValue: fc.Arbitrary<Uint8Array | null> = fc
  .oneof(
    { weight: 8, arbitrary: jsonText.map(text => Buffer.from(text)) },
    { weight: 8, arbitrary: brokenJson },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 64 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        null,
        Buffer.alloc(0),
        Buffer.from('  '),
        Buffer.from('17'),
        Buffer.from('[1,"a"]'),
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .integer({ min: 505, max: 520 })
        .map(depth => Buffer.from(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`)),
    },
  )
  .filter(value => value === null || isUsable(value))

const shortBytes: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.uint8Array({ maxLength: 12 }).filter(isUsable),
)
const orNull = fc.oneof(fc.constant<string | Uint8Array | null>(null), shortBytes)

type Header = readonly [string | Uint8Array, string | Uint8Array | null]
const header: fc.Arbitrary<Header> = fc.tuple(shortBytes, orNull)

/** A record of such a value, with key, headers and times in all their forms. */
export const recordOf = (value: fc.Arbitrary<Uint8Array | null>): fc.Arbitrary<TestRecord> =>
  fc.record({
    value,
    key: orNull,
    headers: fc.array(header, { maxLength: 3 }),
    timeDelta: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
      { weight: 1, arbitrary: fc.constantFrom(3_600_000, 3_600_001, -NOW, -NOW - 5, 10 ** 15) },
    ),
  })

export const anyRecord = recordOf(anyValue)
