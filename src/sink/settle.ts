/**
 * What became of a position whose transaction failed, from what stands in `offsets` now. The table is DESIGN's:
 * "After LC001, a lost connection or an unknown COMMIT".
 */
import type { Fingerprint } from '../arena/descriptors.ts'

export interface StoredPosition {
  readonly topicId: number
  readonly nextOffset: number
  readonly token: string | null
  readonly fingerprint: Fingerprint | null
}

/**
 * fenced: somebody else's token. notLanded: as before, send again. landed: our COMMIT went through.
 * wentBack: the database lost what it had acknowledged. ahead: further than anything that we sent.
 */
export type Outcome = 'fenced' | 'notLanded' | 'landed' | 'wentBack' | 'ahead'

export function judge(
  token: string,
  expected: number,
  next: number,
  stored: StoredPosition | undefined,
): Outcome {
  if (stored === undefined || stored.token !== token) return 'fenced'
  if (stored.nextOffset === next) return 'landed'
  if (stored.nextOffset === expected) return 'notLanded'
  return stored.nextOffset < expected ? 'wentBack' : 'ahead'
}
