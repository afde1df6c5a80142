/**
 * One record as one row of COPY binary (PostgreSQL manual, COPY, "Binary Format"), written at task.out:
 *
 *   int16 11 · ts int64 · severity int2 · service · host · trace_id · span_id · message text · attrs jsonb
 *   · topic_id int2 · kafka_partition int4 · kafka_offset int8        each behind its int32 length, -1 for null
 *
 * and the extra columns in the order of the settings. The caller has made sure of room for ROW_FIXED_BYTES and the texts. Twin: test/reference/copy-row.ts.
 */
import { ROW_FIELDS } from '../memory-map'
import { writeExtras, writeMembers } from './attrs'
import {
  COLUMN_HOST,
  COLUMN_MESSAGE,
  COLUMN_SERVICE,
  COLUMN_SPAN_ID,
  COLUMN_TRACE_ID,
  resolveSeverity,
  resolveTime,
  writeTextColumn,
} from './columns'
import { resolveExtraColumns, writeExtraColumns } from './extra-columns'
import { writePairs } from './pairs'
import { storeBigEndian16, storeBigEndian32, storeBigEndian64 } from './simd'
import { record, row, scan, task, VALUE_OBJECT, VALUE_PAIRS, VALUE_TOMBSTONE } from './state'
import { writeRawText } from './text'

/** Microseconds from 1970 to 2000, where Postgres counts from. */
export const POSTGRES_EPOCH_US: i64 = 946684800000000

/** Writes the row of the record in hand, whose value is of the kind given; gives the address behind it. */
export function writeRow(kind: u32): usize {
  row.changed = row.changedBefore
  row.cuts = 0
  row.leftOut = 0
  row.severity = 0
  row.ts = record.time * 1000
  row.refusedTime = 0
  row.filled = 0
  if (kind <= VALUE_PAIRS) {
    resolveTime()
    resolveSeverity()
    if (scan.seenExtra != 0) resolveExtraColumns()
  } else {
    scan.seen = 0
  }
  let to = task.out
  storeBigEndian16(to, (ROW_FIELDS + task.extraColumns) as u16)
  storeBigEndian32(to + 2, 8)
  storeBigEndian64(to + 6, row.ts - POSTGRES_EPOCH_US)
  storeBigEndian32(to + 14, 2)
  storeBigEndian16(to + 18, row.severity as u16)
  const service = to + 20
  to = writeTextColumn(service, COLUMN_SERVICE)
  row.service = service + 4
  row.serviceLength = (to - row.service) as u32
  to = writeTextColumn(to, COLUMN_HOST)
  to = writeTextColumn(to, COLUMN_TRACE_ID)
  to = writeTextColumn(to, COLUMN_SPAN_ID)
  to = kind <= VALUE_PAIRS ? writeTextColumn(to, COLUMN_MESSAGE) : writeRawMessage(to, kind)
  to = writeAttrs(to, kind)
  storeBigEndian32(to, 2)
  storeBigEndian16(to + 4, task.topicId as u16)
  storeBigEndian32(to + 6, 4)
  storeBigEndian32(to + 10, task.partition)
  storeBigEndian32(to + 14, 8)
  storeBigEndian64(to + 18, record.offset)
  return task.extraColumns == 0 ? to + 26 : writeExtraColumns(to + 26)
}

function writeRawMessage(to: usize, kind: u32): usize {
  if (kind == VALUE_TOMBSTONE) {
    storeBigEndian32(to, -1)
    return to + 4
  }
  const end = writeRawText(to + 4, record.value, record.value + record.valueLength, !scan.dirty)
  storeBigEndian32(to, (end - to - 4) as u32)
  return end
}

/** jsonb: a version byte, then the text. */
function writeAttrs(to: usize, kind: u32): usize {
  store<u8>(to, 1, 4)
  store<u8>(to, 0x7b, 5)
  const first = to + 6
  let end = first
  if (kind == VALUE_OBJECT) end = writeMembers(first)
  else if (kind == VALUE_PAIRS) end = writePairs(first, false)
  end = writeExtras(end, first, kind)
  store<u8>(end, 0x7d)
  storeBigEndian32(to, (end + 1 - to - 4) as u32)
  return end + 1
}
