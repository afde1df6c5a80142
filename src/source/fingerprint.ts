/**
 * Is the Kafka batch before our position still the one that we stored? Asked of the broker by one Fetch at its base
 * offset, on every claim and whenever the leader changes: a truncated or recreated log must never be taken for ours.
 */
import type { Fingerprint } from '../arena/descriptors.ts'
import type { ErrandAnswer } from './errands.ts'
import { firstBatch } from './kafka/fetch-response.ts'

/**
 * same: as stored. gone: deleted by retention or compaction, nothing to compare. differs: another batch is there.
 * outOfRange: the log does not hold the offset, and a broker that says so does not say where it starts.
 * unsure: the broker's high watermark is behind: ask it again. elsewhere: it is not the broker to ask (any more).
 */
export type Verdict = 'same' | 'gone' | 'differs' | 'outOfRange' | 'unsure' | 'elsewhere'

const NONE = 0
const OFFSET_OUT_OF_RANGE = 1

/** Reads the answer to a Fetch of one partition at `stored.baseOffset`. */
export function compareFingerprint(stored: Fingerprint, { response, view }: ErrandAnswer): Verdict {
  const [answer] = response.partitions
  if (answer === undefined) return 'unsure'
  if (answer.errorCode === OFFSET_OUT_OF_RANGE) return 'outOfRange'
  if (answer.errorCode !== NONE) return 'elsewhere'
  const found = firstBatch(view, answer.address, answer.bytes)
  if (found === null) return 'unsure'
  if (found.baseOffset > stored.baseOffset) return 'gone'
  return found.baseOffset === stored.baseOffset && found.crc === stored.crc ? 'same' : 'differs'
}
