/**
 * Which partition a record goes to: by its key as every Kafka client does (murmur2), without one in turn.
 * batcher.ts asks it.
 */

const seed = 0x9747b28c
const factor = 0x5bd1e995
const shift = 24
/** Records without a key stay on a partition for this many, so that batches fill. */
const recordsPerTurn = 64

/** Kafka's murmur2 (org.apache.kafka.common.utils.Utils), as an unsigned 31-bit number. */
export function hashKey(key: Uint8Array): number {
  const length = key.length
  let hash = seed ^ length
  let place = 0
  for (; place + 4 <= length; place += 4) {
    let word = key[place]! | (key[place + 1]! << 8) | (key[place + 2]! << 16) | (key[place + 3]! << 24)
    word = Math.imul(word, factor)
    word = Math.imul(word ^ (word >>> shift), factor)
    hash = Math.imul(hash, factor) ^ word
  }
  const rest = length - place
  if (rest >= 3) hash ^= key[place + 2]! << 16
  if (rest >= 2) hash ^= key[place + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ key[place]!, factor)
  hash = Math.imul(hash ^ (hash >>> 13), factor)
  return (hash ^ (hash >>> 15)) & 0x7fffffff
}

/** Gives the partition of the next record, given its key. */
export function createPartitioner(partitions: number): (key: Uint8Array | null) => number {
  let turn = 0
  return key => (key === null ? Math.floor(turn++ / recordsPerTurn) % partitions : hashKey(key) % partitions)
}
