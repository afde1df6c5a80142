/** What `logcollector storage` says: when and why a segment goes, by the rules of retention itself. */
import * as assert from 'uvu/assert'
import { storageReport } from '../../src/cli/storage/report.ts'
import { storageTable } from '../../src/cli/storage/table.ts'
import type { SegmentFacts } from '../../src/store/storage/list.ts'
import type { StoragePolicy } from '../../src/store/storage/policy.ts'
import { suite } from '../support/suite.ts'

const test = suite('storage table')
const DAY_MS = 86_400_000
const MIB = 2 ** 20
const NOW_MS = Date.parse('2026-01-04T12:00:00Z')
const keepAll: StoragePolicy = {
  sealAfterMs: 0,
  indexes: [],
  textIndex: 'off',
  retentionMs: 0,
  maxSizeBytes: 0,
  rollupRetentionMs: 0,
}

const day = (date: number, more: Partial<SegmentFacts> = {}): SegmentFacts => {
  const fromMs = Date.UTC(2026, 0, date)
  const segment = `logs_2026010${date}`
  return {
    segment,
    fromMs,
    toMs: fromMs + DAY_MS,
    state: 'live',
    sealedAtMs: null,
    sealedWith: [],
    removal: null,
    rowsEstimate: null,
    tableBytes: MIB,
    indexBytes: MIB,
    totalBytes: 2 * MIB,
    indexes: [{ name: `${segment}_ts_idx`, isValid: true, bytes: MIB }],
    ...more,
  }
}
const dropsOf = (segments: readonly SegmentFacts[], policy: Partial<StoragePolicy>): (string | null)[] =>
  storageReport(segments, { ...keepAll, ...policy }, NOW_MS).segments.map(({ drop }) =>
    drop === null ? null : `${drop.reason} ${drop.at}`,
  )

test('the time of a drop by age is the end of the segment and the retention; what is due goes now', () => {
  assert.equal(dropsOf([day(1), day(3)], {}), [null, null])
  assert.equal(dropsOf([day(1), day(3)], { retentionMs: 2 * DAY_MS }), [
    'age 2026-01-04T12:00:00.000Z',
    'age 2026-01-06T00:00:00.000Z',
  ])
})

test('what exceeds the size goes now, and what is on its way out says why', () => {
  assert.equal(dropsOf([day(1), day(2), day(4)], { maxSizeBytes: 4 * MIB }), [
    'size 2026-01-04T12:00:00.000Z',
    null,
    null,
  ])
  assert.equal(dropsOf([day(1, { state: 'detached', removal: 'size' })], {}), [
    'size 2026-01-04T12:00:00.000Z',
  ])
})

test('the table for people', () => {
  const segments = [
    day(1, { state: 'detaching', removal: 'age' }),
    day(2, {
      state: 'sealing',
      rowsEstimate: 1_234_567,
      indexes: [{ name: 'logs_20260102_attrs', isValid: false, bytes: 0 }],
    }),
    day(4, { tableBytes: 0, indexBytes: 24_576, totalBytes: 24_576 }),
  ]
  const table = storageTable(storageReport(segments, { ...keepAll, retentionMs: DAY_MS * 3 }, NOW_MS), false)
  assert.match(table, /logs_20260101 .*│ 2026-01-01 00:00 │ .*at the next look, by storage.retention/)
  assert.match(table, /sealing *│ ~1,234,567 │ +1.0 MiB │ +1.0 MiB │ attrs \(unfinished\)/)
  assert.match(table, /live *│ +– │ +0 B │ +24.0 KiB │ ts +│ 2026-01-08 00:00, by storage.retention/)
  assert.match(
    table,
    '3 segments, 2.0 MiB, at 2026-01-04T12:00:00.000Z; no storage.max_size, storage.retention is 3d',
  )
  assert.match(table, '2.0 MiB are on their way out')
})

test.run()
