/**
 * JSON's escapes (RFC 8259 section 7): `\" \\ \/ \b \f \n \r \t \uXXXX`. json.ts checks them with sizeOfEscape,
 * text.ts and attrs.ts then decode what is known to be well formed.
 */

/** What \u0000 and lone surrogates decode to. */
export const BAD_CODE: u32 = 0xffffffff

/** The value of a hex digit; more than 15 for what is none. */
export function hexDigit(byte: u32): u32 {
  if (byte - 0x30 <= 9) return byte - 0x30
  const letter = (byte | 0x20) - 0x61
  return letter <= 5 ? letter + 10 : 0x10000
}

/** Four hex digits at p, or 0x10000 and more when they are none. */
function hex4(p: usize): u32 {
  const a = hexDigit(load<u8>(p))
  const b = hexDigit(load<u8>(p, 1))
  const c = hexDigit(load<u8>(p, 2))
  const d = hexDigit(load<u8>(p, 3))
  if ((a | b | c | d) >= 0x10000) return 0x10000
  return (a << 12) | (b << 8) | (c << 4) | d
}

/**
 * Bytes of the escape whose backslash is at p: 2, 6, or 12 for a pair of surrogates; minus 6 for \u0000 or a lone
 * surrogate; 0 when it is no escape or is not over before end.
 */
export function sizeOfEscape(p: usize, end: usize): i32 {
  if (p + 2 > end) return 0
  switch (load<u8>(p, 1)) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return 2
    case 0x75:
      break
    default:
      return 0
  }
  if (p + 6 > end) return 0
  const unit = hex4(p + 2)
  if (unit >= 0x10000) return 0
  if (unit == 0) return -6
  if ((unit & 0xf800) != 0xd800) return 6
  return unit < 0xdc00 && isLowSurrogate(p + 6, end) ? 12 : -6
}

function isLowSurrogate(p: usize, end: usize): bool {
  return p + 6 <= end && load<u16>(p) == 0x755c && (hex4(p + 2) & 0x1fc00) == 0xdc00
}

/** The code point of an escape of the given size (from sizeOfEscape, not 0). */
export function codeOfEscape(p: usize, size: i32): u32 {
  if (size < 0) return BAD_CODE
  if (size == 6) return hex4(p + 2)
  if (size == 12) return 0x10000 + ((hex4(p + 2) & 0x3ff) << 10) + (hex4(p + 8) & 0x3ff)
  switch (load<u8>(p, 1)) {
    case 0x62:
      return 8
    case 0x66:
      return 12
    case 0x6e:
      return 10
    case 0x72:
      return 13
    case 0x74:
      return 9
    default:
      return load<u8>(p, 1)
  }
}
