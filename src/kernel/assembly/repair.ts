/**
 * JSON text on its way to attrs: byte for byte where Postgres takes it, with U+FFFD and numbers as strings where jsonb
 * would refuse. Twin: sanitizeJson in test/reference/json.ts.
 */
import { sizeOfEscape } from './escape'
import { scanString } from './json'
import { scanNumber } from './number'
import { copyBytes } from './simd'
import { FLAG_BAD, row, scan } from './state'
import { storeRaw } from './text'
import { characterAt, storeReplacement } from './utf8'

/** Validated JSON text that begins and ends between tokens. */
export function copyJson(to: usize, p: usize, end: usize): usize {
  if (scan.dirty) return repairJson(to, p, end)
  copyBytes(to, p, end - p)
  return to + (end - p)
}

/** The same, token by token. */
function repairJson(to: usize, p: usize, end: usize): usize {
  while (p < end) {
    const byte = load<u8>(p)
    if (byte == 0x22) {
      const behind = scanString(p + 1, end) + 1
      to = repairString(to, p, behind)
      p = behind
    } else if (byte == 0x2d || (byte as u32) - 0x30 <= 9) {
      const behind = scanNumber(p, end)
      const isBad = (scan.flags & FLAG_BAD) != 0
      if (isBad) {
        row.changed = true
        store<u8>(to++, 0x22)
      }
      copyBytes(to, p, behind - p)
      to += behind - p
      if (isBad) store<u8>(to++, 0x22)
      p = behind
    } else {
      store<u8>(to++, byte)
      p++
    }
  }
  return to
}

/** A string with its quotes, whose flags are in scan.flags. */
function repairString(to: usize, p: usize, end: usize): usize {
  if ((scan.flags & FLAG_BAD) == 0) {
    copyBytes(to, p, end - p)
    return to + (end - p)
  }
  row.changed = true
  while (p < end) {
    const byte = load<u8>(p)
    if (byte == 0x5c) {
      const size = sizeOfEscape(p, end)
      if (size < 0) {
        to = storeReplacement(to)
        p -= size
      } else {
        copyBytes(to, p, size)
        to += size
        p += size
      }
    } else if (byte < 0x80) {
      store<u8>(to++, byte)
      p++
    } else {
      const size = characterAt(p, end)
      to = storeRaw(to, p, size)
      p += size < 0 ? -size : size
    }
  }
  return to
}
