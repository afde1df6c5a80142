/** Lines of a stream become records whatever the chunks; the generator keeps to its rate and stops. */
import { PassThrough, Readable } from 'node:stream'
import * as assert from 'uvu/assert'
import { createLiveSource } from '../../src/produce/live-source.ts'
import { createGeneratedSource, createLineSource, type RecordSource } from '../../src/produce/sources.ts'
import { suite } from '../support/suite.ts'

const test = suite('sources.ts')

async function readAll(source: RecordSource): Promise<[string | null, string][]> {
  const seen: [string | null, string][] = []
  const append = (text: Buffer, start: number, end: number, key: Buffer | null): void => {
    seen.push([key?.toString() ?? null, text.toString('utf8', start, end)])
  }
  while (await source.read(append, 50));
  return seen
}

const streamOf = (...chunks: string[]): Readable => Readable.from(chunks.map(chunk => Buffer.from(chunk)))

test('lines come whole, however the chunks cut them', async () => {
  const text = 'one\r\n\n{"a":"grüße"}\nthree\n\r\nlast without an end'
  const expected = ['one', '{"a":"grüße"}', 'three', 'last without an end'].map(line => [null, line])
  assert.equal(await readAll(createLineSource(streamOf(text), null)), expected)
  const bytes = Readable.from([...Buffer.from(text)].map(byte => Buffer.from([byte])))
  assert.equal(await readAll(createLineSource(bytes, null)), expected)
  assert.equal(await readAll(createLineSource(streamOf(), null)), [])
})

test('a field of a JSON line becomes the key, where there is one', async () => {
  const lines = [
    '{"host":"a","n":1}',
    '{"host":7}',
    '{"host":{}}',
    '{"n":1}',
    'no JSON',
    'null',
    '{"host":""}',
  ]
  const source = createLineSource(streamOf(lines.join('\n')), 'host')
  const keys = (await readAll(source)).map(([key]) => key)
  assert.equal(keys, ['a', '7', null, null, null, null, ''])
})

test('a line source that waits for input can be stopped', async () => {
  const source = createLineSource(new PassThrough(), null)
  const reading = readAll(source)
  source.stop()
  assert.equal(await reading, [])
})

const generated = { seed: 1, startMs: 0, spanMs: 1000, keys: true }

test('generated records have their host as key, unless told', async () => {
  const keyed = await readAll(createGeneratedSource({ ...generated, records: 300 }))
  assert.is(keyed.length, 300)
  assert.ok(keyed.every(([key]) => /^[a-z]+-\d\d$/.test(key ?? '')))
  const bare = createGeneratedSource({ ...generated, records: 9, keys: false })
  assert.ok((await readAll(bare)).every(([key]) => key === null))
})

test('a read hands over no more than asked for, and nothing after a stop', async () => {
  const source = createGeneratedSource({ ...generated, records: 100 })
  let count = 0
  const append = (): void => void count++
  assert.ok(await source.read(append, 30))
  assert.is(count, 30)
  source.stop()
  assert.not.ok(await source.read(append, 30))
  assert.is(count, 30)
})

test('a live source ends after its records, over several chunks, none of them twice, all of now', async () => {
  const before = Date.now()
  const source = createLiveSource({ seed: 1, recordsPerSecond: 10, records: 130 })
  const values = (await readAll(source)).map(([, value]) => value)
  assert.is(values.length, 130)
  const ids = values.flatMap(value => /"id":"([^"]+)"/.exec(value)?.[1] ?? [])
  assert.ok(ids.length > 100)
  assert.is(new Set(ids).size, ids.length)
  const times = values.flatMap(value => /"ts":"([^"]+)"/.exec(value)?.[1] ?? []).map(text => Date.parse(text))
  assert.ok(times.length > 10)
  for (const time of times) assert.ok(Math.abs(time - before) < 20_000)
})

test('a live source without end stops when it is told', async () => {
  const source = createLiveSource({ seed: 1, recordsPerSecond: 10, records: Infinity })
  let seen = 0
  const append = (): void => {
    if (++seen === 100) source.stop()
  }
  while (await source.read(append, 7));
  assert.ok(seen >= 100 && seen < 107)
})

test.run()
