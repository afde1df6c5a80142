/**
 * One LZ4 block into memory that is there already. It neither reads nor writes beyond what it is given.
 * Grammar: lz4/lz4 doc/lz4_Block_format.md. Neighbour: lz4.ts. Bench: native-bench/codecs.ts.
 *
 *   sequence = token u8, [more literals u8], literals, (distance u16, [more match u8] | end of the block)
 *   token    = number of literals in the high four bits, length of the match − 4 in the low ones; 15: bytes follow
 *              that are added, up to the first below 255
 */

/** The block gives more than its room. */
export const OVERRUN = Infinity

const MORE = 15
const LEAST_MATCH = 4
/** Longer runs are copied by the engine, shorter ones byte by byte; from the call's overhead, measured. */
const LEAST_SET = 32

/**
 * Decompresses source[at..end) to `plain` from `place` on, below `limit`; a match reaches back to `history` at most.
 * @returns the place behind it, or OVERRUN
 * @throws where the block breaks the grammar
 */
export function decompressBlock(
  source: Uint8Array,
  at: number,
  end: number,
  plain: Uint8Array,
  place: number,
  limit: number,
  history: number,
): number {
  while (at < end) {
    const token = source[at++]!
    let literals = token >> 4
    if (literals === MORE) {
      let more = 255
      while (more === 255 && at < end) literals += more = source[at++]!
      if (more === 255) throw broken()
    }
    if (literals > end - at) throw broken()
    if (literals > limit - place) return OVERRUN
    if (literals > LEAST_SET) {
      plain.set(source.subarray(at, at + literals), place)
      at += literals
      place += literals
    } else for (const stop = at + literals; at < stop; ) plain[place++] = source[at++]!
    if (at === end) return place
    if (end - at < 2) throw broken()
    const distance = source[at]! | (source[at + 1]! << 8)
    at += 2
    let match = token & MORE
    if (match === MORE) {
      let more = 255
      while (more === 255 && at < end) match += more = source[at++]!
      if (more === 255) throw broken()
    }
    match += LEAST_MATCH
    if (distance === 0 || distance > place - history) throw broken()
    if (match > limit - place) return OVERRUN
    let from = place - distance
    if (match > LEAST_SET && distance >= match) {
      plain.copyWithin(place, from, from + match)
      place += match
    } else for (const stop = place + match; place < stop; ) plain[place++] = plain[from++]!
  }
  throw broken()
}

const broken = (): Error => new Error('a block breaks the grammar')
