/**
 * What the fuzz tests of line formats are fed with: lines of access logs and of syslog, of parts that are right, odd or
 * wrong.
 */
import fc from 'fast-check'
import { anyValue, broken, isUsable, strings, timeText } from './arbitraries.ts'
import { logfmtText } from './logfmt-arbitraries.ts'

const { constantFrom, oneof, tuple } = fc

/** One of `right`, and now and then one of `wrong`. */
const mostly = (right: readonly string[], wrong: readonly string[]): fc.Arbitrary<string> =>
  oneof({ weight: 20, arbitrary: constantFrom(...right) }, { weight: 1, arbitrary: constantFrom(...wrong) })

// Of the day of the tests' Kafka time, mostly.
const clock = mostly(['22:13:20'], ['00:00:00', '23:59:60', '24:00:00', '2:13:20', '22.13.20'])
const year = mostly(['2023'], ['2022', '0000', '23'])
const day = mostly(['14'], [' 4', '04', '29', '31', '32', '00', 'x1'])
const month = mostly(['Nov'], ['Feb', 'Jan', 'Dec', 'nov', 'Foo'])
const zone = mostly(['+0000', '-0030'], ['+0100', 'UTC'])
export const accessTime = tuple(day, month, year, clock, zone).map(
  ([d, m, y, c, z]) => `${d}/${m}/${y}:${c} ${z}`,
)
const fraction = mostly(['', '', '.1', '.123456', '.1234567890123456'], ['.12345678901234567', '.'])
const yearOrNone = mostly(['', '', '', '2023 '], ['2024 ', '99 '])
export const syslogTime = tuple(month, day, yearOrNone, clock, fraction).map(
  ([m, d, y, c, f]) => `${m} ${d} ${y}${c}${f}`,
)

const noSpace = strings.map(text => text.replaceAll(' ', '_') || 'x')
const word = oneof(
  { weight: 5, arbitrary: constantFrom('-', '192.0.2.7', 'web-1', '2001:db8::1', 'x', 'ann@example.com') },
  { weight: 1, arbitrary: noSpace },
)
const escapes = constantFrom('\\"', '\\\\', '\\]', '\\n', '\\x22', 'é', ' ', ']', '\t', '\0')
const unescaped = constantFrom('"', '\\')
/** What stands between quotes. */
const content = oneof(
  {
    weight: 8,
    arbitrary: constantFrom('-', '', 'https://example.com/a?b=c', 'Mozilla/5.0 (X11; Linux)', 'curl/8.5'),
  },
  { weight: 8, arbitrary: constantFrom('203.0.113.9', '203.0.113.9, 2001:db8::1', '203.0.113.9, unknown') },
  { weight: 8, arbitrary: fc.array(escapes, { maxLength: 4 }).map(parts => parts.join('')) },
  {
    weight: 1,
    arbitrary: fc.array(oneof(escapes, unescaped, noSpace), { maxLength: 4 }).map(parts => parts.join('')),
  },
)
const quoted = content.map(text => `"${text}"`)
const request = oneof(
  {
    weight: 4,
    arbitrary: tuple(
      mostly(['GET', 'POST', 'M-SEARCH'], ['get', '-X', 'PROP_FIND', '']),
      mostly(['/', '/a?b=1', '/a b', '/é', '\\x16\\x03'], ['', ' ', 'HTTP/1.1']),
      mostly([' HTTP/1.1', ' HTTP/2.0', ' HTTP/3', ''], [' HTTP/', ' HTTP/1.x', 'HTTP/1.0', ' http/1.1']),
    ).map(([method, path, protocol]) => `"${method} ${path}${protocol}"`),
  },
  { weight: 1, arbitrary: quoted },
)
const status = mostly(['200', '304', '404', '499', '500'], ['000', '20', '2000', '-'])
const sent = mostly(['0', '612', '-', '007', '1234567890123456'], ['12345678901234567', '', '-1', '1x'])
const seconds = constantFrom('0.005', '12.25', '00.5', '7', '-0.5', '.5', '1.', '0.001 0.002', 'rt=0.1')
const rest = tuple(
  fc.array(quoted, { maxLength: 4 }),
  fc.array(oneof({ weight: 4, arbitrary: seconds }, word, quoted), { maxLength: 2 }),
).map(parts => parts.flat())
const lineEnd = mostly([''], ['\n', '\r\n'])

export const accessLine: fc.Arbitrary<string> = tuple(
  tuple(
    oneof(
      { weight: 3, arbitrary: word },
      mostly(['shop.example.com:443 ::1', 'a:65535 ::1'], ['a: x', '::1 x', 'a:123456 x', ':1 x', 'a:1']),
    ),
    word,
    oneof({ weight: 3, arbitrary: word }, mostly(['ann b', 'a [b]', '[x'], ['', ' '])),
  ),
  tuple(mostly([' ['], ['[']), accessTime, mostly(['] '], [']'])),
  tuple(request, status, sent),
  rest,
  lineEnd,
).map(
  ([names, [open, time, close], values, others, end]) =>
    `${names.join(' ')}${open}${time}${close}${[...values, ...others].join(' ')}${end}`,
)

const pri = oneof(
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 191 }).map(value => `<${value}>`) },
  { weight: 1, arbitrary: mostly(['', '<007>'], ['<192>', '<>', '<1234>', '<13']) },
)
const tag = oneof(
  constantFrom('sshd[24200]: ', 'kernel: ', 'su(pam_unix)[1]: ', 'CRON[x]: ', 'a[]: ', ': ', '[1]: ', 'b: '),
  constantFrom(
    'launchd[1] ',
    'postfix/smtpd[12]:',
    'tag:',
    'a]: ',
    'x ',
    '',
    'app[12345678901234567]: ',
    '- ',
  ),
)
const newTime = mostly(
  ['2023-11-14T22:13:20.123456+01:00', '2023-11-14T22:13:20Z'],
  ['2023-11-14T', '2023-11-14Tx', '2023-11-14', 'now', '-'],
)
const frame = mostly([''], ['120 ', '0 ', '1234567890 ', '12345678901 ', ' '])
const space = mostly([' '], [''])
const oldLine = tuple(
  ...[
    frame,
    pri,
    oneof({ weight: 4, arbitrary: syslogTime }, newTime, timeText),
    space,
    word,
    space,
    tag,
    strings,
  ],
).map(parts => parts.join(''))

const name = oneof(
  { weight: 40, arbitrary: constantFrom('iut', 'id', 'meta@1', 'trace', 'service', 'a\\b', 'x'.repeat(130)) },
  { weight: 1, arbitrary: constantFrom('', 'é', 'a=b', 'a]', 'a"') },
)
const value = oneof(
  { weight: 20, arbitrary: constantFrom('3', '', '\\"q\\"', 'a\\]b', '[\\\\]', 'C:\\n\\]', ']') },
  { weight: 1, arbitrary: oneof(content, constantFrom('App "1', 'é\\')) },
)
const parameter = tuple(name, value).map(([key, text]) => ` ${key}="${text}"`)
const right = tuple(constantFrom('p', 'iut'), constantFrom('3', '\\]')).map(
  ([key, text]) => ` ${key}="${text}"`,
)
const parameters = oneof(
  { weight: 20, arbitrary: fc.array(parameter, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(right, { minLength: 44, maxLength: 52 }) },
)
const element = tuple(name, parameters).map(([id, list]) => `[${id}${list.join('')}]`)
const data = oneof(
  { weight: 5, arbitrary: mostly(['-'], ['', '[', '[]', '[a']) },
  { weight: 15, arbitrary: fc.array(element, { minLength: 1, maxLength: 3 }).map(list => list.join('')) },
)
const newLine = tuple(
  frame,
  fc.integer({ min: 0, max: 191 }).map(number => `<${number}>`),
  mostly(['1 '], ['2 ']),
  newTime,
  fc.array(word, { minLength: 4, maxLength: 4 }),
  data,
  mostly(['', ' ', ' text', ' \ufefftext', ' \ufeff', ' "quoted" \\d \u0001'], ['x']),
).map(([f, p, version, t, words, sd, text]) => `${f}${p}${version}${[t, ...words, sd].join(' ')}${text}`)

export const syslogLine: fc.Arbitrary<string> = tuple(oneof(oldLine, newLine), lineEnd).map(parts =>
  parts.join(''),
)

/** Any value that a record of a line format may have. */
export const anyLine: fc.Arbitrary<Uint8Array | null> = oneof(
  { weight: 8, arbitrary: accessLine.map(line => Buffer.from(line)) },
  { weight: 12, arbitrary: syslogLine.map(line => Buffer.from(line)) },
  { weight: 3, arbitrary: broken(accessLine) },
  { weight: 4, arbitrary: broken(syslogLine) },
  { weight: 1, arbitrary: logfmtText.map(text => Buffer.from(text)) },
  { weight: 1, arbitrary: anyValue },
).filter(value => value === null || isUsable(value))
