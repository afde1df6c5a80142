/**
 * UTF-8 as Postgres and RFC 3629 take it: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Twin: TextDecoder in test/reference/text.ts, which replaces by the same rule (maximal subparts, WHATWG).
 */

/**
 * The character at p, whose first byte is not ASCII: its length when valid, else minus the number of bytes that
 * one U+FFFD replaces (the longest beginning of a valid character, at least 1). Looks at nothing from end on.
 */
export function characterAt(p: usize, end: usize): i32 {
  const lead: u32 = load<u8>(p)
  if (lead < 0xc2 || lead > 0xf4) return -1
  const length: i32 = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (p + 1 >= end) return -1
  const second: u32 = load<u8>(p, 1)
  const low: u32 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80
  const high: u32 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return -1
  if (length == 2) return 2
  if (p + 2 >= end || (load<u8>(p, 2) & 0xc0) != 0x80) return -2
  if (length == 3) return 3
  if (p + 3 >= end || (load<u8>(p, 3) & 0xc0) != 0x80) return -3
  return 4
}

/** Writes U+FFFD; returns the address behind it. Writes 4 bytes. */
export function storeReplacement(to: usize): usize {
  store<u32>(to, 0xbdbfef)
  return to + 3
}

/** Writes a code point that is no surrogate; returns the address behind it. */
export function storeCharacter(to: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(to, code as u8)
    return to + 1
  }
  if (code < 0x800) {
    store<u8>(to, (0xc0 | (code >> 6)) as u8)
    store<u8>(to, (0x80 | (code & 63)) as u8, 1)
    return to + 2
  }
  if (code < 0x10000) {
    store<u8>(to, (0xe0 | (code >> 12)) as u8)
    store<u8>(to, (0x80 | ((code >> 6) & 63)) as u8, 1)
    store<u8>(to, (0x80 | (code & 63)) as u8, 2)
    return to + 3
  }
  store<u8>(to, (0xf0 | (code >> 18)) as u8)
  store<u8>(to, (0x80 | ((code >> 12) & 63)) as u8, 1)
  store<u8>(to, (0x80 | ((code >> 6) & 63)) as u8, 2)
  store<u8>(to, (0x80 | (code & 63)) as u8, 3)
  return to + 4
}
