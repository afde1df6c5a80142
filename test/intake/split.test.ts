/** Bodies become records byte for byte, and what is none is named by its number (src/intake/split.ts). */
import * as fc from 'fast-check'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { MOST_RECORDS, type SplitOptions, splitBody } from '../../src/intake/split.ts'
import { runs } from '../kernel/arbitraries.ts'
import { suite } from '../support/suite.ts'

const test = suite('intake/split', { timeoutMs: 20_000 })

/** The texts of the records, and "index code" of the refused. */
async function split(text: string, format: SplitOptions['format'], options: Partial<SplitOptions> = {}) {
  const { bytes, records, refused } = await splitBody(Buffer.from(text), {
    format,
    keyField: '',
    maxRecordBytes: 1_000,
    ...options,
  })
  return {
    texts: records.map(({ start, end }) => bytes.toString('utf8', start, end)),
    indexes: records.map(({ index }) => index),
    keys: records.map(({ key }) => key?.toString() ?? null),
    refused: refused.map(({ index, code }) => `${index} ${code}`),
  }
}

const problemOf = (text: string): Promise<string> =>
  split(text, 'json').then(
    () => 'none',
    error =>
      error instanceof PipelineError ? `${error.code} ${String(error.context.problem)}` : String(error),
  )

test('an object, an array and lines, each byte as it was', async () => {
  assert.equal((await split(' {"n":12345678901234567890} \n', 'json')).texts, ['{"n":12345678901234567890}'])
  const array = '[ {"a":"],[\\"{"} ,\n{"b":[1,{"c":2}]}]\n'
  assert.equal((await split(array, 'json')).texts, ['{"a":"],[\\"{"}', '{"b":[1,{"c":2}]}'])
  assert.equal((await split('{"a":1}\r\n\n{"b":2}', 'ndjson')).texts, ['{"a":1}', '{"b":2}'])
  assert.equal((await split('GET / 200\nno {json\n', 'text')).texts, ['GET / 200', 'no {json'])
  assert.equal((await split('[]', 'json')).texts, [])
  assert.equal((await split('\n\r\n', 'ndjson')).texts, [])
})

test('what is no object is named, its neighbours pass', async () => {
  const { indexes, refused } = await split('[{"a":1}, {"b":}, 7, [{}], null, {"c":1}, "x", ]', 'json')
  assert.equal(indexes, [0, 5])
  assert.equal(refused, [
    '1 RECORD_NOT_JSON',
    '2 RECORD_NOT_OBJECT',
    '3 RECORD_NOT_OBJECT',
    '4 RECORD_NOT_OBJECT',
    '6 RECORD_NOT_OBJECT',
    '7 RECORD_NOT_JSON',
  ])
  const lines = await split(`{"a":1}\nnot json\n{"b":"${'x'.repeat(1_000)}"}\n{"c":1}`, 'ndjson')
  assert.equal(
    [lines.indexes, lines.refused],
    [
      [0, 3],
      ['1 RECORD_NOT_JSON', '2 RECORD_TOO_LARGE'],
    ],
  )
})

test('a body that cannot be split is refused with the place', async () => {
  assert.match(await problemOf(''), 'HTTP_REQUEST_INVALID the body is empty')
  assert.match(await problemOf('[{"a":1}'), 'the array does not end: its last item begins at byte 1')
  assert.match(await problemOf('[{"a":"1}]'), 'the text that begins at byte 6 does not end')
  assert.match(await problemOf('[{}] {}'), 'something follows the array at byte 5')
  assert.match(await problemOf('{"a":1} {"b":2}'), 'none')
  assert.equal((await split('{"a":1} {"b":2}', 'json')).refused, ['0 RECORD_NOT_JSON'])
  const error = await split('{}\n'.repeat(MOST_RECORDS + 1), 'ndjson').catch(thrown => thrown)
  assert.is(error.code, 'INTAKE_BODY_TOO_LARGE')
})

test('a field becomes the key', async () => {
  const text = '{"k":"a"}\n{"k":7}\n{"k":null}\n{"k":{}}\n{}'
  assert.equal((await split(text, 'ndjson', { keyField: 'k' })).keys, ['a', '7', null, null, null])
})

test('any array of objects is split into what JSON.stringify made of each', async () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue())
  await fc.assert(
    fc.asyncProperty(fc.array(object), fc.nat(4), async (objects, indent) => {
      const texts = objects.map(each => JSON.stringify(each, null, indent))
      const options = { maxRecordBytes: 1e6 }
      assert.equal((await split(`[${texts.join(' , ')}]`, 'json', options)).texts, texts)
      const lines = objects.map(each => JSON.stringify(each))
      assert.equal((await split(lines.join('\n'), 'ndjson', options)).texts, lines)
    }),
    { numRuns: 200 },
  )
})

test('any bytes are split inside of their bounds, or refused as a request', async () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ',',
    ':',
    '{"a":1}',
    '\n',
    ' ',
    '1',
    'null',
    '\u00e9',
    '\u0000',
  )
  const nearly = fc.array(piece, { maxLength: 30 }).map(parts => Buffer.from(parts.join('')))
  const body = fc.oneof(
    nearly,
    fc.uint8Array({ maxLength: 100 }).map(bytes => Buffer.from(bytes)),
  )
  const format = fc.constantFrom<SplitOptions['format']>('json', 'ndjson', 'text')
  await fc.assert(
    fc.asyncProperty(body, format, fc.constantFrom('', 'a', '__proto__'), async (given, kind, keyField) => {
      const options = { format: kind, keyField, maxRecordBytes: 1_000 }
      const { bytes, records, refused } = await splitBody(given, options).catch(error => {
        assert.instance(error, PipelineError)
        assert.is(error.code, 'HTTP_REQUEST_INVALID')
        return { bytes: Buffer.alloc(0), records: [], refused: [] }
      })
      for (const { end, start } of records) {
        assert.ok(start >= 0 && start <= end && end <= bytes.length)
        if (kind !== 'text') assert.type(JSON.parse(bytes.toString('utf8', start, end)), 'object')
      }
      const indexes = [...records, ...refused].map(({ index }) => index).sort((a, b) => a - b)
      assert.equal(indexes, [...indexes.keys()])
    }),
    runs(2_000),
  )
})

test.run()
