/** What the detector takes and gives. Minutes are counted since 1970. Neighbours: detector.ts, watch.ts, store.ts. */

export const anomalyKinds = [
  'error_rate',
  'volume_spike',
  'volume_drop',
  'silent',
  'new_service',
  'new_severity',
] as const
export type AnomalyKind = (typeof anomalyKinds)[number]

export type Sensitivity = 'low' | 'medium' | 'high'

/** What a service sent in a minute. */
export interface MinuteCount {
  readonly service: string
  readonly records: number
  /** Of these: severity ERROR (17) and above. */
  readonly errors: number
  /** Bit n is set where there was a record of severity n. */
  readonly severities: number
}

/** Which anomaly: no two with the same name are open at the same time. */
export interface AnomalyName {
  readonly kind: AnomalyKind
  readonly service: string
  /** Of new_severity, else null. */
  readonly severity: number | null
}

export interface Finding extends AnomalyName {
  /** The first minute that is not as expected, and the one after which it was noticed. */
  readonly sinceMinute: number
  readonly foundMinute: number
  /** Standard deviations of what was expected, after tolerance; null of what is new. */
  readonly score: number | null
  /** Records a minute from sinceMinute to foundMinute; of error_rate: errors a minute. */
  readonly expected: number
  readonly observed: number
}

export type Change =
  | { readonly type: 'opened'; readonly finding: Finding }
  /** `untilMinute`: the first minute that is as expected again, or to which expectation was adapted. */
  | { readonly type: 'resolved'; readonly name: AnomalyName; readonly untilMinute: number }
