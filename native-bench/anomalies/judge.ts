/** Holds what the detector finds in a scenario against what was put into it. Neighbours: scenario.ts, ../anomalies.ts. */
import { Detector } from '../../src/anomalies/detector.ts'
import type { Finding, Sensitivity } from '../../src/anomalies/types.ts'
import { FIRST_MINUTE, SCENARIO_MINUTES, type Scenario, type Truth } from './scenario.ts'

/** A finding may still point at an anomaly this long after its end: the windows reach back. */
const GRACE_MINUTES = 5

export interface Verdict {
  readonly truth: Truth | null
  /** Findings that are of the anomaly, and those that are of nothing. */
  readonly right: number
  readonly wrong: readonly Finding[]
  /** From its first minute until the end of the minute by which it was noticed; null: never. */
  readonly delayMinutes: number | null
  readonly resolvedAfterMinutes: number | null
  /** Time that the detector took, ms. */
  readonly detectorMs: number
}

/** The same service, of a kind that the anomaly may be called, while it lasts. */
export function isOf(truth: Truth, { foundMinute, kind, service }: Finding): boolean {
  const isLow = (name: string): boolean => name === 'silent' || name === 'volume_drop'
  const isKind = kind === truth.kind || (isLow(kind) && isLow(truth.kind))
  const at = foundMinute - FIRST_MINUTE
  return isKind && service === truth.service && at >= truth.fromMinute && at < truth.toMinute + GRACE_MINUTES
}

/** Runs a scenario through a detector of its own. */
export function judge({ countsAt, truth }: Scenario, sensitivity: Sensitivity): Verdict {
  const detector = new Detector({ sensitivity })
  const wrong: Finding[] = []
  let [right, detectorMs] = [0, 0]
  let delayMinutes: number | null = null
  let resolvedAfterMinutes: number | null = null
  for (let hour = 0; hour < SCENARIO_MINUTES; hour += 60) {
    const counts = Array.from({ length: 60 }, (_, index) => countsAt(hour + index))
    const startedAt = performance.now()
    const changes = counts.flatMap((each, index) => detector.minute(FIRST_MINUTE + hour + index, each))
    detectorMs += performance.now() - startedAt
    for (const change of changes) {
      if (change.type === 'resolved') {
        const isTrue = truth !== null && change.name.service === truth.service && right > 0
        if (isTrue) resolvedAfterMinutes ??= change.untilMinute - FIRST_MINUTE - truth.toMinute
      } else if (truth !== null && isOf(truth, change.finding)) {
        delayMinutes ??= change.finding.foundMinute + 1 - FIRST_MINUTE - truth.fromMinute
        right++
      } else wrong.push(change.finding)
    }
  }
  return { truth, right, wrong, delayMinutes, resolvedAfterMinutes, detectorMs }
}
