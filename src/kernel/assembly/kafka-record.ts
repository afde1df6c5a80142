/**
 * One record of a Kafka batch of magic 2 (Kafka protocol guide, "Record"):
 *
 *   length varint · attributes int8 · timestampDelta varlong · offsetDelta varint · key · value · headers
 *   key, value = length varint (-1 null) · bytes         headers = count varint · count × (name · value)
 */
import { record } from './state'
import { readVarint, readVarlong, varint } from './varint'

/** Reads attributes, times and offset at p, behind the length; gives the position of the key's length, or 0. */
export function readRecordHead(p: usize, end: usize): usize {
  if (p >= end) return 0
  p = readVarlong(p + 1, end)
  if (p == 0) return 0
  record.timeDelta = varint.value
  p = readVarint(p, end)
  record.offsetDelta = varint.value as i32
  return varint.value < 0 || varint.value > <i64>i32.MAX_VALUE ? 0 : p
}

/** Reads the record that lies in [p, end), p behind its length, into `record`. False when its grammar is broken. */
export function readRecord(p: usize, end: usize): bool {
  p = readRecordHead(p, end)
  if (p == 0 || (p = readVarint(p, end)) == 0 || !isLength(varint.value, p, end)) return false
  record.keyLength = varint.value as i32
  record.key = p
  if (record.keyLength > 0) p += record.keyLength
  if ((p = readVarint(p, end)) == 0 || !isLength(varint.value, p, end)) return false
  record.valueLength = varint.value as i32
  record.value = p
  if (record.valueLength > 0) p += record.valueLength
  record.headers = p
  record.end = end
  if (p + 1 == end && load<u8>(p) == 0) return true
  return areHeaders(p, end)
}

function isLength(length: i64, p: usize, end: usize): bool {
  return length >= -1 && length <= ((end - p) as i64)
}

function areHeaders(p: usize, end: usize): bool {
  if ((p = readVarint(p, end)) == 0 || varint.value < 0) return false
  let count = varint.value
  while (count-- > 0) {
    p = readVarint(p, end)
    if (p == 0 || varint.value < 0 || !isLength(varint.value, p, end)) return false
    p += varint.value as usize
    p = readVarint(p, end)
    if (p == 0 || !isLength(varint.value, p, end)) return false
    if (varint.value > 0) p += varint.value as usize
  }
  return p == end
}
