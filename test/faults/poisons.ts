/**
 * Records that have stopped other pipelines, one of each kind, with what must become of it. poison.test.ts sends them
 * between good ones.
 */

/** row: stored, whatever parse.malformed says. raw: stored as raw text, or a dead letter. dead: always a dead letter. */
type Outcome = 'row' | 'raw' | 'dead'

export interface Poison {
  readonly name: string
  readonly value: Buffer | null
  readonly outcome: Outcome
  readonly key?: Buffer
  readonly headers?: Readonly<Record<string, Buffer>>
  /** What the column message must be; undefined: not compared. */
  readonly message?: string | null
  /** What attrs must contain. */
  readonly attrs?: object
}

/** limits.max_record_bytes of the test. */
export const maxRecordBytes = 1_048_576

const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map(part => Buffer.from(part as string)))
const json = (fields: string): Buffer => Buffer.from(`{"service":"poison",${fields}}`)
const megabyte = 'x'.repeat(maxRecordBytes - 100)
const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`
const sanitized = { 'lc.sanitized': true }

export const poisons: readonly Poison[] = [
  {
    name: 'NUL, raw, in text',
    value: bytes('before\0after'),
    outcome: 'raw',
    message: 'before\ufffdafter',
    attrs: { 'lc.error': 'not JSON', ...sanitized },
  },
  { name: 'NUL, raw, in JSON', value: bytes('{"msg":"before\0after"}'), outcome: 'raw' },
  {
    name: 'NUL, escaped',
    value: json('"msg":"before\\u0000after","other":"a\\u0000b"'),
    outcome: 'row',
    message: 'before\ufffdafter',
    attrs: { other: 'a\ufffdb', ...sanitized },
  },
  {
    name: 'NUL in a name',
    value: json('"a\\u0000b":1'),
    outcome: 'row',
    attrs: { 'a\ufffdb': 1, ...sanitized },
  },
  {
    name: 'invalid UTF-8',
    value: bytes('{"msg":"caf', [0xff], '"}'),
    outcome: 'row',
    message: 'caf\ufffd',
    attrs: sanitized,
  },
  {
    name: 'UTF-8 that ends early',
    value: bytes('{"msg":"caf', [0xc3], '"}'),
    outcome: 'row',
    message: 'caf\ufffd',
  },
  { name: 'UTF-8, overlong NUL', value: bytes('{"msg":"a', [0xc0, 0x80], 'b"}'), outcome: 'row' },
  { name: 'invalid UTF-8 in text', value: bytes([0xfe, 0xff, 0x80]), outcome: 'raw' },
  {
    name: 'CESU surrogates',
    value: bytes('{"msg":"a', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], 'b"}'),
    outcome: 'row',
    attrs: sanitized,
  },
  {
    name: 'lone high surrogate, escaped',
    value: json('"msg":"a\\ud800b","other":"\\ud800"'),
    outcome: 'row',
  },
  { name: 'lone low surrogate, escaped', value: json('"msg":"a\\udc00b","other":"\\udc00"'), outcome: 'row' },
  { name: 'surrogates the wrong way round', value: json('"msg":"\\udc00\\ud800"'), outcome: 'row' },
  { name: 'U+FFFF', value: json('"msg":"\uffff\\uffff"'), outcome: 'row', message: '\uffff\uffff' },
  { name: 'number too large for numeric', value: json('"msg":"n","number":1e400000'), outcome: 'row' },
  { name: 'number too small for numeric', value: json('"msg":"n","number":1e-400000'), outcome: 'row' },
  {
    name: 'number of 200,000 digits',
    value: json(`"msg":"n","number":${'9'.repeat(200_000)}`),
    outcome: 'row',
  },
  { name: 'severity out of range', value: json('"msg":"n","level":99999999999'), outcome: 'row' },
  {
    name: 'year 300000',
    value: json('"msg":"n","ts":"300000-01-01T00:00:00Z"'),
    outcome: 'row',
    attrs: { ts: '300000-01-01T00:00:00Z' },
  },
  { name: 'year 0', value: json('"msg":"n","ts":"0000-01-01T00:00:00Z"'), outcome: 'row' },
  {
    name: 'time infinity',
    value: json('"msg":"n","ts":"infinity"'),
    outcome: 'row',
    attrs: { ts: 'infinity' },
  },
  {
    name: 'time -infinity',
    value: json('"msg":"n","ts":"-infinity"'),
    outcome: 'row',
    attrs: { ts: '-infinity' },
  },
  { name: 'time beyond 64 bits', value: json('"msg":"n","ts":99999999999999999999999'), outcome: 'row' },
  { name: 'time 1e308', value: json('"msg":"n","ts":1e308'), outcome: 'row' },
  { name: 'JSON 10,000 levels deep', value: json(`"msg":"n","deep":${deep(10_000)}`), outcome: 'raw' },
  { name: 'JSON 10,000 levels deep, no object', value: bytes(deep(10_000)), outcome: 'raw' },
  { name: 'text of one megabyte', value: bytes(megabyte), outcome: 'raw', message: megabyte },
  { name: 'message of one megabyte', value: json(`"msg":"${megabyte.slice(50)}"`), outcome: 'row' },
  { name: 'a megabyte of NULs', value: json(`"msg":"${'\\u0000'.repeat(150_000)}"`), outcome: 'row' },
  { name: 'a megabyte that triples', value: Buffer.alloc(maxRecordBytes, 0xff), outcome: 'raw' },
  { name: 'larger than allowed', value: Buffer.alloc(maxRecordBytes + 1, 'x'), outcome: 'dead' },
  { name: 'empty value', value: Buffer.alloc(0), outcome: 'raw', attrs: { 'lc.error': 'empty value' } },
  { name: 'null value', value: null, outcome: 'row', message: null, attrs: { 'lc.tombstone': true } },
  { name: 'lone carriage return', value: bytes('a\rb'), outcome: 'raw', message: 'a\rb' },
  { name: 'end of COPY in text format', value: bytes('\\.'), outcome: 'raw', message: '\\.' },
  { name: 'end of COPY between lines', value: bytes('a\n\\.\nb'), outcome: 'raw', message: 'a\n\\.\nb' },
  { name: 'end of COPY in JSON', value: json('"msg":"\\\\.\\n\\\\."'), outcome: 'row', message: '\\.\n\\.' },
  { name: 'end of COPY in binary format', value: bytes([0xff, 0xff]), outcome: 'raw' },
  { name: 'JSON, no object', value: bytes('[1,2,3]'), outcome: 'raw', message: '[1,2,3]' },
  { name: 'JSON null', value: bytes('null'), outcome: 'raw', message: 'null' },
  {
    name: 'two objects',
    value: bytes('{"msg":"a"}{"msg":"b"}'),
    outcome: 'raw',
    message: '{"msg":"a"}{"msg":"b"}',
  },
  { name: 'service too long', value: json(`"msg":"n","app":"${'s'.repeat(5_000)}"`), outcome: 'row' },
  { name: 'one name 1,000 times', value: json(`"msg":"n"${',"again":1'.repeat(1_000)}`), outcome: 'row' },
  { name: '20,000 names', value: json(`"msg":"n"${names(20_000)}`), outcome: 'row' },
  { name: 'key of 500 kB', value: json('"msg":"n"'), key: Buffer.alloc(500_000, 'k'), outcome: 'row' },
  {
    name: 'key larger than allowed',
    value: json('"msg":"n"'),
    key: Buffer.alloc(maxRecordBytes + 1, 'k'),
    outcome: 'dead',
  },
  {
    name: 'key that is no text',
    value: json('"msg":"n"'),
    key: bytes([0, 0xff, 0xed, 0xa0, 0x80]),
    outcome: 'row',
  },
  {
    name: 'header of 500 kB',
    value: json('"msg":"n"'),
    headers: { h: Buffer.alloc(500_000, 'h') },
    outcome: 'row',
  },
  {
    name: 'headers that are no text',
    value: json('"msg":"n"'),
    headers: { 'a\0b': bytes([0]), '\ufffe': bytes([0xff, 0xc3]), '': Buffer.alloc(0) },
    outcome: 'row',
  },
  { name: '5,000 headers', value: json('"msg":"n"'), headers: manyHeaders(5_000), outcome: 'row' },
]

function names(count: number): string {
  return Array.from({ length: count }, (_, n) => `,"name-${n}":${n}`).join('')
}

function manyHeaders(count: number): Record<string, Buffer> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`header-${n}`, Buffer.from(String(n))]))
}
