/**
 * One service under watch: its last minutes against its baseline, in windows of one to ten minutes, and the alarms that
 * are up. What is not as expected does not become what is expected. Neighbours: detector.ts, baseline.ts, score.ts.
 */
import { Baseline, SLOT_MINUTES } from './baseline.ts'
import { type Expectation, median, scoreAbove, scoreBelow } from './score.ts'
import type { AnomalyKind } from './types.ts'

type AlarmKind = Extract<AnomalyKind, 'error_rate' | 'volume_spike' | 'volume_drop' | 'silent'>

export interface AlarmOpened {
  readonly type: 'opened'
  readonly kind: AlarmKind
  readonly sinceMinute: number
  readonly score: number
  readonly expected: number
  readonly observed: number
}
export type AlarmChange =
  | AlarmOpened
  | { readonly type: 'resolved'; readonly kind: AlarmKind; readonly untilMinute: number }

/** Minutes of the windows; the longest is also the length of a slot. */
const WINDOWS = [1, 2, 3, 5, 10]
const RING = 16
/** An alarm is over when so many minutes together are within so many standard deviations. */
const QUIET_MINUTES = 5
const QUIET_SCORE = 2.5
/** An alarm this long is the new level. */
const ADAPT_MINUTES = 180
const SILENT_ADAPT_MINUTES = 24 * 60
/** Fewer records a minute than this are nothing to compare with. */
const LEAST_EXPECTED = 0.5
const LEAST_ERRORS = 5
const ERROR_TOLERANCE = 0.3
const DISPERSION_MINUTES = 60
/** Of a slot with few records the median says little. */
const MEDIAN_FROM = 20
const MAD_TO_SIGMA = 1.4826

interface Alarm {
  readonly kind: AlarmKind
  readonly sinceMinute: number
  readonly openedMinute: number
}

const sorted = new Float64Array(DISPERSION_MINUTES)

export class Service {
  private readonly baseline = new Baseline()
  private readonly threshold: number
  private readonly records = new Float64Array(RING)
  private readonly expected = new Float64Array(RING)
  private readonly errors = new Float64Array(RING)
  private readonly expectedErrors = new Float64Array(RING)
  private readonly slotRecords = new Float64Array(SLOT_MINUTES)
  private slotErrors = 0
  private slotMinutes = 0
  private readonly residuals = new Float64Array(DISPERSION_MINUTES)
  private residualCount = 0
  private dispersion = 1
  /** Minutes in the windows since an alarm ended or watching began. */
  private volumeMinutes = 0
  private errorMinutes = 0
  private quietExpected = 0
  private quietSince = 0
  private volume: Alarm | null = null
  private errorRate: Alarm | null = null

  constructor(threshold: number) {
    this.threshold = threshold
  }

  /** Minutes come one after the other. What changed goes to `changes`. */
  minute(minute: number, records: number, errors: number, changes: AlarmChange[]): void {
    const slot = Math.floor(minute / SLOT_MINUTES)
    if (minute % SLOT_MINUTES === 0 || this.slotMinutes === 0) this.baseline.open(slot)
    const { baseline } = this
    if (baseline.isReady) this.watch(minute, records, errors, changes)
    const isUsual = this.volume === null || !baseline.isReady
    const volume = isUsual ? records : baseline.expected
    this.slotRecords[this.slotMinutes++] = volume
    // A volume that is not as usual says nothing of the usual errors either.
    this.slotErrors += this.errorRate === null && isUsual ? errors : volume * baseline.errorRatio
    if (minute % SLOT_MINUTES === SLOT_MINUTES - 1) this.closeSlot(slot)
  }

  private closeSlot(slot: number): void {
    const minutes = this.slotMinutes
    let sum = 0
    for (let index = 0; index < minutes; index++) sum += this.slotRecords[index]!
    const mean = sum / minutes
    this.baseline.close(
      slot,
      mean < MEDIAN_FROM ? mean : median(this.slotRecords, minutes),
      this.slotErrors / minutes,
    )
    this.slotMinutes = 0
    this.slotErrors = 0
  }

  private watch(minute: number, records: number, errors: number, changes: AlarmChange[]): void {
    const { expected, errorRatio } = this.baseline
    const at = minute % RING
    this.records[at] = records
    this.expected[at] = expected
    this.errors[at] = errors
    this.expectedErrors[at] = errorRatio * records
    this.volumeMinutes++
    this.errorMinutes++
    if (records > 0 || this.quietExpected === 0) this.quietSince = records > 0 ? minute + 1 : minute
    this.quietExpected = records > 0 ? 0 : this.quietExpected + expected
    this.measureDispersion(records, expected)
    if (this.volume === null) this.lookAtVolume(minute, changes)
    else this.volume = this.stillUp(this.volume, minute, changes)
    if (this.errorRate === null) this.lookAtErrors(minute, changes)
    else this.errorRate = this.stillUp(this.errorRate, minute, changes)
  }

  private measureDispersion(records: number, expected: number): void {
    if (this.volume !== null || expected < LEAST_EXPECTED) return
    const residual = (records - expected) / Math.sqrt(expected)
    this.residuals[this.residualCount++ % DISPERSION_MINUTES] = Math.abs(residual)
    if (this.residualCount % DISPERSION_MINUTES !== 0) return
    sorted.set(this.residuals)
    this.dispersion = Math.max(1, (MAD_TO_SIGMA * median(sorted, DISPERSION_MINUTES)) ** 2)
  }

  private lookAtVolume(minute: number, changes: AlarmChange[]): void {
    if (this.baseline.expected < LEAST_EXPECTED && this.quietExpected === 0) return
    const found = this.bestVolume(minute) ?? this.longSilence(minute)
    if (found === null) return
    changes.push(found)
    this.volume = { kind: found.kind, sinceMinute: found.sinceMinute, openedMinute: minute }
  }

  /** The highest score of the windows that end now, when it is enough. */
  private bestVolume(minute: number): AlarmOpened | null {
    let best: AlarmOpened | null = null
    let [observed, expected, minutes] = [0, 0, 0]
    for (const window of WINDOWS) {
      if (window > this.volumeMinutes) break
      for (; minutes < window; minutes++) {
        observed += this.records[(minute - minutes) % RING]!
        expected += this.expected[(minute - minutes) % RING]!
      }
      if (expected < LEAST_EXPECTED * window) continue
      const expectation = this.volumeExpectation(expected)
      const isMore = observed > expected
      const score = isMore ? scoreAbove(observed, expectation) : scoreBelow(observed, expectation)
      if (score < this.threshold || score <= (best?.score ?? 0)) continue
      const kind = isMore ? 'volume_spike' : observed === 0 ? 'silent' : 'volume_drop'
      best = { type: 'opened', kind, ...this.found(minute, window, score, expected, observed) }
    }
    return best
  }

  private volumeExpectation(expected: number): Expectation {
    return { expected, tolerance: this.baseline.tolerance, dispersion: this.dispersion }
  }

  private found(minute: number, window: number, score: number, expected: number, observed: number) {
    const sinceMinute = minute - window + 1
    return { sinceMinute, score, expected: expected / window, observed: observed / window }
  }

  /** A service of few records is silent when it has been so for long enough. */
  private longSilence(minute: number): AlarmOpened | null {
    if (this.quietExpected === 0) return null
    const score = scoreBelow(0, this.volumeExpectation(this.quietExpected))
    if (score < this.threshold) return null
    const window = minute - this.quietSince + 1
    return { type: 'opened', kind: 'silent', ...this.found(minute, window, score, this.quietExpected, 0) }
  }

  private lookAtErrors(minute: number, changes: AlarmChange[]): void {
    let best: AlarmOpened | null = null
    let [observed, expected, minutes] = [0, 0, 0]
    for (const window of WINDOWS) {
      if (window > this.errorMinutes) break
      for (; minutes < window; minutes++) {
        observed += this.errors[(minute - minutes) % RING]!
        expected += this.expectedErrors[(minute - minutes) % RING]!
      }
      if (observed < LEAST_ERRORS || observed <= expected) continue
      const score = scoreAbove(observed, this.errorExpectation(expected))
      if (score < this.threshold || score <= (best?.score ?? 0)) continue
      best = { type: 'opened', kind: 'error_rate', ...this.found(minute, window, score, expected, observed) }
    }
    if (best === null) return
    changes.push(best)
    this.errorRate = { kind: best.kind, sinceMinute: best.sinceMinute, openedMinute: minute }
  }

  private errorExpectation(expected: number): Expectation {
    return { expected, tolerance: ERROR_TOLERANCE, dispersion: 1 }
  }

  /** The alarm while it is up; null, and a change, when its last minutes are as expected or it is the new level. */
  private stillUp(alarm: Alarm, minute: number, changes: AlarmChange[]): Alarm | null {
    const { kind, openedMinute } = alarm
    const longest = kind === 'silent' ? SILENT_ADAPT_MINUTES : ADAPT_MINUTES
    const isAdapted = minute - openedMinute >= longest
    if (!isAdapted && (minute - openedMinute < QUIET_MINUTES || !this.isQuiet(kind, minute))) return alarm
    const untilMinute = isAdapted ? minute + 1 : minute - QUIET_MINUTES + 1
    changes.push({ type: 'resolved', kind, untilMinute })
    if (kind === 'error_rate') this.errorMinutes = 0
    else this.volumeMinutes = 0
    if (isAdapted) this.baseline.forgetLevel()
    this.quietExpected = 0
    return null
  }

  private isQuiet(kind: AlarmKind, minute: number): boolean {
    const isErrors = kind === 'error_rate'
    let [observed, expected] = [0, 0]
    for (let back = 0; back < QUIET_MINUTES; back++) {
      const at = (minute - back) % RING
      observed += isErrors ? this.errors[at]! : this.records[at]!
      expected += isErrors ? this.expectedErrors[at]! : this.expected[at]!
    }
    if (isErrors) return scoreAbove(observed, this.errorExpectation(expected)) < QUIET_SCORE
    const expectation = this.volumeExpectation(expected)
    if (kind === 'silent') return observed > 0
    if (kind === 'volume_spike') return scoreAbove(observed, expectation) < QUIET_SCORE
    return scoreBelow(observed, expectation) < QUIET_SCORE
  }

  /** After a start: what is up in the table is up here, and nothing else. */
  adopt(
    open: readonly {
      readonly kind: AnomalyKind
      readonly sinceMinute: number
      readonly openedMinute: number
    }[],
  ): void {
    const one = (kinds: readonly AnomalyKind[]): Alarm | null =>
      (open.find(({ kind }) => kinds.includes(kind)) as Alarm | undefined) ?? null
    this.volume = one(['volume_spike', 'volume_drop', 'silent'])
    this.errorRate = one(['error_rate'])
  }
}
