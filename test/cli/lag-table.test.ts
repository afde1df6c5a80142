/** The lag for people (src/cli/lag/table.ts) and as data (report.ts). */
import * as assert from 'uvu/assert'
import { type PartitionLag, reportOf } from '../../src/cli/lag/report.ts'
import { lagTable } from '../../src/cli/lag/table.ts'
import { suite } from '../support/suite.ts'

const test = suite('cli/lag-table')

const behind = (partition: number, changes: Partial<PartitionLag> = {}): PartitionLag => ({
  topic: 'logs',
  partition,
  committed: 1000,
  highWatermark: 3500,
  lag: 2500,
  fetched: 1200,
  parsed: 1100,
  inFlightBytes: 1536,
  instance: 'host-1',
  ...changes,
})

test('partitions are in order, and the sum leaves out what nobody knows', () => {
  const unknown = { lag: null, highWatermark: null }
  const report = reportOf('redis', [behind(10), behind(2, unknown), behind(0, { topic: 'a', lag: 1 })], [])
  assert.equal(
    report.partitions.map(({ topic, partition }) => `${topic}/${partition}`),
    ['a/0', 'logs/2', 'logs/10'],
  )
  assert.equal([report.totalLag, report.unknown], [2501, 1])
})

test('the table shows numbers, sizes, dashes and notes', () => {
  const row = behind(1, { committed: null, lag: null, instance: null, inFlightBytes: null })
  const text = lagTable(reportOf('postgres', [behind(0), row], ['Redis: away']), false)
  assert.match(text, /logs.* 0 .* 1,000 .* 3,500 .* 2,500 .* 1,200 .* 1,100 .* 1\.5 KiB .* host-1/)
  assert.match(text, /logs.* 1 .* – .* 3,500 .* – .* – .* –/)
  assert.match(text, '2,500 records behind in 2 partitions (of 1 it is not known)')
  assert.match(text, 'from Postgres and Kafka\nRedis: away\n')
  assert.is(text.includes('\x1b'), false, 'no colours where there is no terminal')
})

test.run()
