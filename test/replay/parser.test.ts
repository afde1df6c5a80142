/** Dead letters as the kernel sees them again: their Kafka batch (src/replay/record-batch.ts) and their row (parser.ts). */
import Decoder from 'kafkajs/src/protocol/decoder.js'
import decodeBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder.js'
import * as assert from 'uvu/assert'
import { LetterParser } from '../../src/replay/parser.ts'
import { recordBatch } from '../../src/replay/record-batch.ts'
import type { Letter } from '../../src/sink/replay.ts'
import { defaultSettings } from '../kernel/harness.ts'
import { decodeRow } from '../reference/copy-row.ts'
import { suite } from '../support/suite.ts'

const test = suite('replay/parser')
const kafkaMs = 1_750_000_000_000
/** Larger than what a batch's own numbers hold in 32 bits. */
const offset = 5_000_000_007

const letterOf = (changes: Partial<Letter>): Letter => ({
  topic: 'logs',
  topicId: 7,
  partition: 3,
  offset,
  kafkaMs,
  key: null,
  raw: Buffer.from('{"service":"web","level":"warn","msg":"hello"}'),
  headers: null,
  encoded: null,
  ...changes,
})

const headers = Buffer.from(
  JSON.stringify([
    ['trace', Buffer.from('abc').toString('base64')],
    ['empty', ''],
    ['none', null],
    ['long', Buffer.alloc(300, 'x').toString('base64')],
  ]),
)

test('the batch is what another client reads as the record that was produced', async () => {
  const letter = letterOf({ key: Buffer.from('key'), headers })
  const { records } = await decodeBatch(new Decoder(recordBatch(letter, kafkaMs)))
  const [record] = records
  assert.is(records.length, 1)
  assert.is(Number(record!.offset), offset)
  assert.is(Number(record!.timestamp), kafkaMs)
  assert.equal([record!.key, record!.value], [letter.key, letter.raw])
  const read = Object.entries(record!.headers).map(([name, value]) => [
    name,
    value === null ? null : String(value),
  ])
  assert.equal(read, [
    ['trace', 'abc'],
    ['empty', ''],
    ['none', null],
    ['long', 'x'.repeat(300)],
  ])
})

test('the row has the place and time of the record, and what the settings ask for', () => {
  const parser = new LetterParser([{ ...defaultSettings, keys: true, headers: true }], () => 0)
  for (const n of [0, 1, 2]) {
    const parsed = parser.parse(letterOf({ key: Buffer.from(`key ${n}`), headers, offset: offset + n }))
    assert.ok('row' in parsed, JSON.stringify(parsed))
    const { copy, rollups, segments, ts } = parsed.row
    const row = decodeRow(copy)
    assert.equal([row.topicId, row.partition, row.offset], [7, 3, offset + n])
    assert.is(ts, kafkaMs * 1000)
    assert.match(row.attrs, `"kafka.key":"key ${n}"`)
    assert.match(row.attrs, '"trace"')
    assert.equal(segments, [Math.floor(kafkaMs / 86_400_000) * 86_400_000])
    assert.equal(
      rollups.map(({ records, service, severity }) => [records, service, severity]),
      [[1, 'web', 13]],
    )
  }
})

test('what is too large still is, with the setting that says so', () => {
  const parser = new LetterParser([defaultSettings], () => 0)
  const tooLarge = { reason: 'value larger than the setting max_record_bytes' }
  const value = (bytes: number): Letter =>
    letterOf({ raw: Buffer.from(JSON.stringify({ msg: 'x'.repeat(bytes) })) })
  assert.equal(parser.parse(value(defaultSettings.maxRecordBytes)), tooLarge)
  assert.ok('row' in parser.parse(value(defaultSettings.maxRecordBytes - 100)))
  const huge = parser.parse(value(8 * 2 ** 20))
  assert.match('reason' in huge ? huge.reason : '', /too large for the setting max_record_bytes/)
})

test('a row has the columns of the settings, and one that was kept from before has nulls in them', () => {
  const columns = [
    { name: 'status', from: 'status', type: 'smallint' },
    { name: 'path', from: 'path', type: 'text' },
  ] as const
  const parser = new LetterParser([{ ...defaultSettings, columns }], () => 0)
  const rowOf = (letter: Letter): readonly unknown[] => {
    const parsed = parser.parse(letter)
    assert.ok('row' in parsed, 'reason' in parsed ? parsed.reason : '')
    return 'row' in parsed ? decodeRow(parsed.row.copy, ['smallint', 'text']).extras : []
  }
  const raw = Buffer.from('{"status":200,"path":"/a"}')
  assert.equal(rowOf(letterOf({ raw })), [200n, '/a'])
  const old = new LetterParser([defaultSettings], () => 0).parse(letterOf({ raw }))
  assert.ok('row' in old)
  const encoded = 'row' in old ? old.row.copy : null
  assert.equal(rowOf(letterOf({ kafkaMs: null, raw: null, encoded })), [null, null])
  const other = new LetterParser([{ ...defaultSettings, columns: columns.slice(0, 1) }], () => 0)
  const wide = parser.parse(letterOf({ raw }))
  const refused = other.parse(
    letterOf({ kafkaMs: null, raw: null, encoded: 'row' in wide ? wide.row.copy : null }),
  )
  assert.is(
    'reason' in refused && refused.reason,
    'its row has 13 columns, logs takes 12, and the record was not kept',
  )
})

test.run()
