/** The backlogs whose memory is measured, without storing any: how many, what of, and the section of old and new results. */
import * as assert from 'uvu/assert'
import { backlogsOf } from '../../native-bench/memory/backlogs.ts'
import { memorySection } from '../../native-bench/memory/section.ts'
import type { Backlog, MemoryFigures } from '../../native-bench/memory.ts'
import { makeReport } from '../../native-bench/report.ts'
import { sizedRecords } from '../../native-bench/variations/lines.ts'
import { suite } from '../support/suite.ts'

const test = suite('native-bench/memory')

test('one backlog a codec, and one of large records beside plain ones', () => {
  const shown = (records: number, codecs: Parameters<typeof backlogsOf>[1]) =>
    backlogsOf(records, codecs).map(({ name, records }) => `${name} ${records}`)
  assert.equal(shown(10_000_000, ['none', 'gzip']), ['none 10000000', 'gzip 10000000', 'large 150000'])
  assert.equal(shown(1000, ['zstd']), ['zstd 1000'])
  assert.equal(shown(1000, ['none']), ['none 1000', 'large 15'])
})

test('large records have 10 kB each, all of it JSON', async () => {
  const [, large] = backlogsOf(1000, ['none'])
  const lines: string[] = []
  const source = large!.source(large!.records)
  const take = (buffer: Buffer, start: number, end: number): void => {
    lines.push(buffer.toString('utf8', start, end))
  }
  while (await source.read(take, 4));
  assert.is(lines.length, 15)
  for (const line of lines) {
    assert.is(Buffer.byteLength(line), 10_000)
    assert.ok(JSON.parse(line).msg.length > 9000)
  }
})

test('a source gives no more than it was asked for', async () => {
  let given = 0
  const source = sizedRecords(25_000, 300)
  while (await source.read(() => given++, 9_999));
  assert.is(given, 25_000)
})

const sectionOf = (backlogs: readonly Backlog[]): string => {
  const figures: MemoryFigures = {
    records: 10_000_000,
    bytesPerRecord: 279.99,
    partitions: 16,
    workers: 2,
    budgetMiB: 256,
    versions: { kafka: '4.4.0', postgres: '17.1' },
    backlogs,
  }
  return memorySection(makeReport('memory', 'npm run bench -- memory', figures))
}

test('every backlog is a line with its own records', () => {
  const usual = { records: 10_000_000, bytesPerRecord: 279.99, rowsPerSecond: 300_000 }
  const section = sectionOf([
    { ...usual, codec: 'none', peakRssMiB: 247 },
    { ...usual, codec: 'zstd', peakRssMiB: 253 },
    { codec: 'none', records: 150_000, bytesPerRecord: 10_000, peakRssMiB: 240, rowsPerSecond: 20_000 },
  ])
  for (const line of [
    '| plain | 10,000,000 | 280 | 247 | 256 |',
    '| zstd | 10,000,000 | 280 | 253 | 256 |',
    '| plain, records of 10 kB | 150,000 | 10,000 | 240 | 256 |',
  ])
    assert.ok(section.includes(line), line)
})

test('an older result, whose backlogs were all alike, is shown too', () => {
  const section = sectionOf([{ codec: 'gzip', peakRssMiB: 242, rowsPerSecond: 340_000 }])
  assert.match(section, '| gzip | 10,000,000 | 280 | 242 | 256 |')
})

test.run()
