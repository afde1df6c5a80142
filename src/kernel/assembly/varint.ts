/**
 * Kafka's varints: zigzag, seven bits a byte, least first; at most 5 bytes for an int, 10 for a long
 * (Kafka protocol guide, "Protocol Primitive Types"). Readers give the position behind, or 0.
 */

/** What was read last. */
export class varint {
  static value: i64 = 0
}

export function readVarint(p: usize, end: usize): usize {
  if (p < end) {
    const byte = load<u8>(p) as u32
    if (byte < 0x80) {
      varint.value = ((byte >> 1) as i64) ^ -((byte & 1) as i64)
      return p + 1
    }
  }
  return readLong(p, end, 5)
}

export function readVarlong(p: usize, end: usize): usize {
  return readLong(p, end, 10)
}

function readLong(p: usize, end: usize, longest: usize): usize {
  let bits: u64 = 0
  let shift: u64 = 0
  const last = p + longest
  while (p < end && p < last) {
    const byte = load<u8>(p++) as u64
    bits |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      varint.value = ((bits >> 1) as i64) ^ -((bits & 1) as i64)
      return p
    }
    shift += 7
  }
  return 0
}
