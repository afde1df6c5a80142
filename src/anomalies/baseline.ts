/**
 * What to expect of a service: the median at the same time of the week, or of the day before where there is no week,
 * brought to the level of the last hour; without either, the last twenty minutes. Neighbours: service.ts, score.ts.
 */
import { median, robustSigma } from './score.ts'

export const SLOT_MINUTES = 10
const SLOTS_A_DAY = 144
const SLOTS_A_WEEK = 7 * SLOTS_A_DAY
const WEEKS = 3
const SLOTS = WEEKS * SLOTS_A_WEEK + 2
/** Slots that set the level, and as many must be there before anything is expected. */
const LEVEL_SLOTS = 6
const RECENT_SLOTS = 2
const SEASONAL_SLOTS = 8
/** Little data is not taken at its word: so many records are added to both sides of a ratio. */
const LEVEL_PRIOR = 5
const ERROR_SLOTS = 36
const ERROR_PRIOR = 20
/** Tolerance with the time of the week known, and with the last hours alone. */
const LEAST_TOLERANCE = 0.15
const UNSEASONAL_TOLERANCE = 0.35
const MOST_TOLERANCE = 1
const NOISE_FACTOR = 3
const NOISE_SLOTS = SLOTS_A_DAY

/** Minutes of history that are of use. */
export const HISTORY_MINUTES = WEEKS * 7 * 24 * 60

const scratch = new Float64Array(NOISE_SLOTS)

export class Baseline {
  /** Records a minute; negative: unknown. */
  private readonly records = new Float32Array(SLOTS).fill(-1)
  private readonly errors = new Float32Array(SLOTS)
  /** Logarithms of observed over expected, less what chance explains. */
  private readonly noise = new Float32Array(NOISE_SLOTS)
  private noiseCount = 0
  private seasonalNoise = 0
  /** Its time of the week is known. */
  private isWeek = false
  /** What the time of the week said of the last slots; negative: nothing. */
  private readonly seasonal = new Float64Array(SEASONAL_SLOTS).fill(-1)
  /** Slots since the level was last forgotten. */
  private slots = 0
  private noiseSigma = 0
  expected = 0
  tolerance = UNSEASONAL_TOLERANCE
  errorRatio = 0

  get isReady(): boolean {
    return this.slots >= LEVEL_SLOTS
  }

  /** The level of the last hour does not hold any more: learn it anew. */
  forgetLevel(): void {
    this.slots = 0
    this.noiseCount = 0
    this.noiseSigma = 0
  }

  /** The mean of a slot that is over, in records and errors a minute. */
  close(slot: number, records: number, errors: number): void {
    if (this.isReady && this.expected > 0 && records > 0) {
      const ratio = Math.log(records / this.expected)
      const chance = 1 / (SLOT_MINUTES * this.expected)
      this.noise[this.noiseCount++ % NOISE_SLOTS] =
        Math.sign(ratio) * Math.sqrt(Math.max(0, ratio * ratio - chance))
    }
    this.records[slot % SLOTS] = records
    this.errors[slot % SLOTS] = errors
    // Where the ring begins anew: what comes next is not three weeks old.
    this.records[(slot + 1) % SLOTS] = -1
    this.slots++
  }

  /** Sets what is expected of the minutes of a slot; all before it are closed. */
  open(slot: number): void {
    const seasonal = this.seasonalAt(slot)
    this.seasonal[slot % SEASONAL_SLOTS] = seasonal ?? -1
    if (!this.isReady) return
    if (slot % LEVEL_SLOTS === 0) this.measureNoise()
    const level = seasonal === null ? null : this.levelAt(slot)
    const floor = level === null || !this.isWeek ? UNSEASONAL_TOLERANCE : LEAST_TOLERANCE
    this.expected = level === null ? this.recentAt(slot) : seasonal! * level
    const noise = Math.max(NOISE_FACTOR * this.noiseSigma, level === null ? 0 : this.seasonalNoise)
    this.tolerance = Math.min(MOST_TOLERANCE, Math.max(floor, noise))
    this.errorRatio = this.errorRatioAt(slot)
  }

  private measureNoise(): void {
    const count = Math.min(this.noiseCount, NOISE_SLOTS)
    for (let index = 0; index < count; index++) scratch[index] = this.noise[index]!
    this.noiseSigma = robustSigma(scratch, count)
  }

  /** Median at this time of the week, or yesterday; sets how far its values are from each other. */
  private seasonalAt(slot: number): number | null {
    const isWeek = this.valueAt(slot - SLOTS_A_WEEK, slot) >= 0
    const count = isWeek ? this.gather(slot, SLOTS_A_WEEK, WEEKS) : this.gather(slot, SLOTS_A_DAY, 1)
    // The level is a ratio to what the same source said.
    if (isWeek !== this.isWeek) this.seasonal.fill(-1)
    this.isWeek = isWeek
    if (count === 0) return null
    const middle = median(scratch, count)
    for (let index = 0; index < count; index++) scratch[index] = scratch[index]! - middle
    const chance = Math.sqrt(middle / SLOT_MINUTES)
    const sigma = robustSigma(scratch, count)
    this.seasonalNoise = count > 3 && middle > 0 ? Math.max(0, sigma - chance) / middle : 0
    return middle
  }

  /** Puts the slots around the same time, `periods` periods back, into scratch; returns how many are known. */
  private gather(slot: number, period: number, periods: number): number {
    let count = 0
    for (let back = 1; back <= periods; back++) {
      const same = slot - back * period
      for (let near = same - 1; near <= same + 1; near++) {
        const value = this.valueAt(near, slot)
        if (value >= 0) scratch[count++] = value
      }
    }
    return count
  }

  private valueAt(slot: number, present: number): number {
    return slot < 0 || present - slot >= SLOTS ? -1 : this.records[slot % SLOTS]!
  }

  /** The last hour over what its time of the week says, or twenty minutes over yesterday's; null where neither is known. */
  private levelAt(slot: number): number | null {
    let [observed, seasonal] = [LEVEL_PRIOR, LEVEL_PRIOR]
    for (let back = 1; back <= (this.isWeek ? LEVEL_SLOTS : RECENT_SLOTS); back++) {
      const then = this.seasonal[(slot - back) % SEASONAL_SLOTS]!
      const value = this.valueAt(slot - back, slot)
      if (then < 0 || value < 0) return null
      observed += value * SLOT_MINUTES
      seasonal += then * SLOT_MINUTES
    }
    return observed / seasonal
  }

  private recentAt(slot: number): number {
    let sum = 0
    for (let back = 1; back <= RECENT_SLOTS; back++) sum += Math.max(0, this.valueAt(slot - back, slot))
    return sum / RECENT_SLOTS
  }

  /** Errors over records in the last hours, or at this time of earlier weeks where that is more. */
  private errorRatioAt(slot: number): number {
    let [errors, records] = [0, 0]
    for (let back = 1; back <= ERROR_SLOTS; back++) {
      const value = this.valueAt(slot - back, slot)
      if (value < 0) break
      records += value
      errors += this.errors[(slot - back) % SLOTS]!
    }
    const recent = (errors * SLOT_MINUTES + 1) / (records * SLOT_MINUTES + 1 / 0.01)
    return Math.max(recent, this.seasonalErrorRatio(slot, recent))
  }

  private seasonalErrorRatio(slot: number, recent: number): number {
    let [errors, records] = [ERROR_PRIOR, ERROR_PRIOR / recent]
    for (let back = 1; back <= WEEKS; back++)
      for (let near = slot - back * SLOTS_A_WEEK - 1; near <= slot - back * SLOTS_A_WEEK + 1; near++) {
        const value = this.valueAt(near, slot)
        if (value < 0) continue
        records += value * SLOT_MINUTES
        errors += this.errors[near % SLOTS]! * SLOT_MINUTES
      }
    return errors / records
  }
}
