/**
 * What the fuzz tests of logfmt and of extra columns are fed with.
 */
import fc from 'fast-check'
import {
  anyValue,
  broken,
  isUsable,
  jsonText,
  levelText,
  names,
  numberText,
  strings,
  timeText,
} from './arbitraries.ts'

/** Neither space nor control characters, quotes or "=" end up in a word. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they end a word
export const asWord = (text: string): string => text.replace(/[\u0000-\u0020"]/g, '_')

const keys = names.map(name => asWord(name).replaceAll('=', '-') || 'k')

const words = fc.oneof(
  strings.map(asWord),
  numberText,
  fc.constantFrom(
    'true',
    'false',
    'null',
    'True',
    'nulls',
    '',
    '/a?b=c',
    '\\d+',
    '-',
    '-.5',
    '1.',
    '007',
    '1e5',
  ),
)

/** Strings with escapes of JSON's and Go's, some of which are none. */
const escapes = fc.constantFrom(
  ...['\\n', '\\"', '\\\\', '\\/', '\\u00e9', '\\ud83d\\ude00', '\\ud800', '\\u0000', "\\'", '\\a', '\\v'],
  ...[
    '\\x1b[31m',
    '\\x00',
    '\\xff',
    '\\x7F',
    '\\U0001f600',
    '\\U0000d800',
    '\\U00110000',
    '\\UffffFFFF',
    '\\U00000000',
  ],
  ...['\t', '\n', '\u0001', '\0', '\\d', '\\x1', '\\U0001', '\\u12', '\\'],
)
const quoted = fc
  .array(
    fc.oneof({ weight: 3, arbitrary: strings.map(text => JSON.stringify(text).slice(1, -1)) }, escapes),
    {
      maxLength: 4,
    },
  )
  .map(parts => `"${parts.join('')}"`)

const pair = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .tuple(keys, fc.oneof(words, quoted, timeText.map(asWord), levelText.map(asWord)))
      .map(([key, value]) => `${key}=${value}`),
  },
  { weight: 1, arbitrary: keys },
)
const space = fc.constantFrom(' ', ' ', ' ', '  ', '\t', '\r\n', '')

/** More pairs than the kernel notes, now and then. */
const fewOrMany = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 30, arbitrary: fc.array(item, { minLength: 1, maxLength: 10 }) },
    { weight: 1, arbitrary: fc.array(item, { minLength: 60, maxLength: 80 }) },
  )

/** Mostly logfmt. */
export const logfmtText: fc.Arbitrary<string> = fc
  .tuple(space, fewOrMany(fc.tuple(pair, space)))
  .map(([before, pairs]) => before + pairs.map(([text, behind]) => text + behind).join(''))

/** Any value that a record of another format than JSON may have. */
export const anyText: fc.Arbitrary<Uint8Array | null> = fc
  .oneof(
    { weight: 8, arbitrary: logfmtText.map(text => Buffer.from(text)) },
    { weight: 4, arbitrary: broken(logfmtText) },
    { weight: 2, arbitrary: anyValue },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(' ', '\n'), jsonText)
        .map(([before, text]) => Buffer.from(before + text)),
    },
    { weight: 1, arbitrary: strings.map(text => Buffer.from(text)) },
  )
  .filter(value => value === null || isUsable(value))

/** Texts that a typed column takes, or nearly. */
export const typedText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '32767',
    '32768',
    '-32768',
    '-32769',
    '2147483647',
    '2147483648',
    '-2147483648',
    '-2147483649',
  ),
  fc.constantFrom(
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '-9223372036854775809',
  ),
  fc.constantFrom('200.0', '200.', '+5', '-0', '007', '1.5', '', '+', '-', '18446744073709551616', '2e2'),
  fc.constantFrom(
    'true',
    'False',
    'T',
    'f',
    'YES',
    'no',
    'Y',
    'n',
    'on',
    'OFF',
    '1',
    '0',
    'oui',
    '\u0011',
    'tru',
  ),
  fc.constantFrom(
    '0.1',
    '0.30000000000000004',
    '1e23',
    '9007199254740993',
    '4.9e-324',
    '2.4703282292062327e-324',
  ),
  fc.constantFrom(
    '2.4703282292062328e-324',
    '1.7976931348623157e308',
    '1.7976931348623159e308',
    '1e309',
    '1e-400',
    '0e999',
  ),
  fc.constantFrom(
    '2.2250738585072011e-308',
    '2.2250738585072014e-308',
    '179769313486231580793728971405301e276',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => String(value)),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: -345, max: 300 }))
    .map(([digits, exponent]) => `${digits}e${exponent}`),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.uuid(),
  fc.uuid().map(text => text.replaceAll('-', '').toUpperCase()),
  fc.uuid().map(text => text.replace('-', '')),
  fc.integer({ min: 55, max: 70 }).map(length => '0'.repeat(length)),
  timeText,
  numberText,
)
