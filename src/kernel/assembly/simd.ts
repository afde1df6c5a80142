/**
 * The SIMD and byte-order tricks, by name, so that scanners read like their grammar.
 * Loads may run up to 31 bytes past what they are asked about; stores too, where the name says so.
 */

/** Copies length bytes in 16-byte stores: writes up to 15 bytes more than asked. Areas must not overlap. */
export function copyBytes(to: usize, from: usize, length: usize): void {
  const end = from + length
  while (from < end) {
    v128.store(to, v128.load(from))
    to += 16
    from += 16
  }
}

/** Do length bytes at a and b agree? */
export function equalBytes(a: usize, b: usize, length: usize): bool {
  while (length > 16) {
    if (i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) != 0xffff) return false
    a += 16
    b += 16
    length -= 16
  }
  const same = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) as u32
  return (~same & ((1 << (length as u32)) - 1)) == 0
}

/** Their order: negative, 0 or positive, as the first byte that differs says. */
export function compareBytes(a: usize, b: usize, length: usize): i32 {
  for (let i: usize = 0; i < length; ++i) {
    const difference = (load<u8>(a + i) as i32) - (load<u8>(b + i) as i32)
    if (difference != 0) return difference
  }
  return 0
}

/**
 * One bit for each of 16 bytes that ends a plain run of a JSON string: quote, backslash, control character, or a
 * byte of a multi-byte character (negative when signed, so one comparison finds both).
 */
export function stringStops(bytes: v128): i32 {
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
    ),
  )
}

/**
 * One bit for each of 16 bytes that ends a plain run of a word: quote, backslash, space, control character, a byte of
 * a multi-byte character, or `stop`.
 */
export function wordStops(bytes: v128, stop: u8): i32 {
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      v128.or(i8x16.lt_s(bytes, i8x16.splat(0x21)), i8x16.eq(bytes, i8x16.splat(stop))),
    ),
  )
}

/** One bit for each of 16 bytes that raw text cannot pass unseen: NUL and multi-byte characters. */
export function textStops(bytes: v128): i32 {
  return i8x16.bitmask(i8x16.lt_s(bytes, i8x16.splat(1)))
}

/** The first place of the byte in [p, end), or end. */
export function findByte(p: usize, end: usize, byte: u8): usize {
  while (p < end) {
    const hits = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(byte)))
    if (hits != 0) {
      p += ctz(hits)
      return p < end ? p : end
    }
    p += 16
  }
  return end
}

/** One bit for each of 16 bytes that is a quote or a backslash. */
export function quoteStops(bytes: v128): i32 {
  return i8x16.bitmask(v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))))
}

/** One bit for each of 16 bytes that ends a name of syslog's structured data: what is not %x21-7E, quote, "=" or "]". */
export function nameStops(bytes: v128): i32 {
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x3d))),
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(0x5d)), i8x16.eq(bytes, i8x16.splat(0x7f))),
        i8x16.lt_s(bytes, i8x16.splat(0x21)),
      ),
    ),
  )
}

/** How many of the 16 bytes at p are decimal digits before the first that is none. */
export function leadingDigits(p: usize): usize {
  const values = i8x16.sub(v128.load(p), i8x16.splat(0x30))
  const digits = i8x16.bitmask(i8x16.eq(i8x16.min_u(values, i8x16.splat(9)), values))
  return ctz(~digits)
}

export function storeBigEndian16(to: usize, value: u16): void {
  store<u16>(to, bswap<u16>(value))
}

export function storeBigEndian32(to: usize, value: u32): void {
  store<u32>(to, bswap<u32>(value))
}

export function storeBigEndian64(to: usize, value: u64): void {
  store<u64>(to, bswap<u64>(value))
}

export function alignUp8(address: usize): usize {
  return (address + 7) & ~7
}
