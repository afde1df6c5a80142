/**
 * Severities to OpenTelemetry's severity numbers: by name in any case (src/kernel/severities.ts), or by number.
 * Twin: test/reference/severity.ts.
 */
import { NAME_VALUE_AT, SEVERITIES_AT, TEXT_AT } from '../memory-map'
import { findName } from './names'
import { task } from './state'

const LONGEST_NAME: usize = 16
const LONGEST_TEXT: usize = 64

/** The number for a text, spaces around it aside; 0 when it says nothing. */
export function parseSeverity(p: usize, end: usize, isOpenTelemetry: bool): u32 {
  if (end - p > LONGEST_TEXT) return 0
  while (p < end && load<u8>(p) == 0x20) p++
  while (p < end && load<u8>(end - 1) == 0x20) end--
  const length = end - p
  if (length == 0 || length > LONGEST_NAME) return 0
  if ((load<u8>(p) as u32) - 0x30 <= 9) return parseLevel(p, length, isOpenTelemetry)
  const lower = task.slot + TEXT_AT + 128
  v128.store(lower, v128.or(v128.load(p), i8x16.splat(0x20)))
  const name = findName(task.slot + SEVERITIES_AT, lower, length)
  return name == 0 ? 0 : load<u8>(name, NAME_VALUE_AT)
}

function parseLevel(p: usize, length: usize, isOpenTelemetry: bool): u32 {
  let level = (load<u8>(p) as u32) - 0x30
  if (length == 2) {
    const ones = (load<u8>(p, 1) as u32) - 0x30
    if (ones > 9 || level == 0) return 0
    level = level * 10 + ones
  } else if (length > 2) {
    return 0
  }
  if (isOpenTelemetry) return level <= 24 ? level : 0
  return level <= 7 ? syslogLevel(level) : pinoLevel(level)
}

/** RFC 5424's severities, as OpenTelemetry's data model maps them. */
function syslogLevel(level: u32): u32 {
  switch (level) {
    case 0:
      return 21
    case 1:
      return 19
    case 2:
      return 18
    case 3:
      return 17
    case 4:
      return 13
    case 5:
      return 10
    case 6:
      return 9
    default:
      return 5
  }
}

/** pino's and bunyan's levels: 10 trace to 60 fatal, four numbers of OpenTelemetry apart. */
function pinoLevel(level: u32): u32 {
  return level % 10 == 0 && level <= 60 ? (level / 10 - 1) * 4 + 1 : 0
}
