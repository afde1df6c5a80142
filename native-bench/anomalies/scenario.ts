/**
 * Simulated services with known anomalies: daily and weekly rhythm, Poisson counts. A scenario follows from its seed
 * alone. Neighbours: ../anomalies.ts, which judges the detector by them.
 */
import type { MinuteCount } from '../../src/anomalies/types.ts'

export const DAYS = 14
const DAY_MINUTES = 1_440
export const SCENARIO_MINUTES = DAYS * DAY_MINUTES
const SERVICES = 10
/** A Monday, so that weekends lie where they should. */
export const FIRST_MINUTE = 29_449_440
/** The first day is for learning. */
const FIRST_ANOMALY_MINUTE = DAY_MINUTES
/** INFO, WARN, ERROR. */
const SEVERITIES = (1 << 9) | (1 << 13) | (1 << 17)

export const truthKinds = ['error_rate', 'volume_spike', 'volume_drop', 'silent'] as const
export type TruthKind = (typeof truthKinds)[number]

export interface Truth {
  readonly kind: TruthKind
  readonly service: string
  readonly fromMinute: number
  readonly toMinute: number
  /** 2 to 10; of a drop: as many times less. */
  readonly factor: number
}

interface Shape {
  readonly service: string
  readonly perMinute: number
  readonly errorRatio: number
  readonly dailySwing: number
  readonly peakMinute: number
  readonly weekend: number
  readonly drift: number
}

/** mulberry32: 32 bits of state are enough for a simulation, and it needs no library. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const between = (random: () => number, least: number, most: number): number =>
  least + random() * (most - least)

/** A Poisson count: by multiplication where few are expected, by the normal distribution where many are. */
function poisson(random: () => number, mean: number): number {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal))
  }
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}

/** One to a hundred records a second, 1 to 5 % errors; some hardly know night, others sleep. */
function shapesOf(random: () => number): Shape[] {
  return Array.from({ length: SERVICES }, (_, index) => ({
    service: `service-${index}`,
    perMinute: 60 * 100 ** random(),
    errorRatio: between(random, 0.01, 0.05),
    dailySwing: between(random, 0.1, 0.7),
    peakMinute: between(random, 0, DAY_MINUTES),
    weekend: between(random, 0.4, 1.2),
    drift: between(random, -0.1, 0.2),
  }))
}

function truthOf(random: () => number): Truth {
  const minutes = Math.floor(between(random, 3, 61))
  const fromMinute = Math.floor(between(random, FIRST_ANOMALY_MINUTE, SCENARIO_MINUTES - minutes - 15))
  return {
    kind: truthKinds[Math.floor(random() * truthKinds.length)]!,
    service: `service-${Math.floor(random() * SERVICES)}`,
    fromMinute,
    toMinute: fromMinute + minutes,
    factor: 2 * 5 ** random(),
  }
}

/** Records a minute that are to be expected, without anomalies; weekends come and go within two hours. */
function rateAt(shape: Shape, minute: number): number {
  const day = minute / DAY_MINUTES
  const weekday = day % 7
  const edge = Math.min(1, Math.max(0, Math.min(weekday - 5, 7 - weekday) * 12 + 0.5))
  const weekend = 1 + (shape.weekend - 1) * (weekday < 5 - 1 / 24 ? Math.max(0, 0.5 - weekday * 12) : edge)
  const swing = 1 + shape.dailySwing * Math.cos((2 * Math.PI * (minute - shape.peakMinute)) / DAY_MINUTES)
  return shape.perMinute * swing * weekend * (1 + (shape.drift * day) / DAYS)
}

export interface Scenario {
  /** Null: nothing happens. */
  readonly truth: Truth | null
  /** Counts of a minute, to be asked for in order from 0 to SCENARIO_MINUTES. */
  readonly countsAt: (minute: number) => MinuteCount[]
}

/** `isQuiet`: without an anomaly. */
export function scenarioOf(seed: number, isQuiet: boolean): Scenario {
  const random = randomFrom(seed)
  const shapes = shapesOf(random)
  const truth = isQuiet ? null : truthOf(random)
  const countsAt = (minute: number): MinuteCount[] =>
    shapes.map(shape => {
      const isHit =
        truth !== null &&
        truth.service === shape.service &&
        minute >= truth.fromMinute &&
        minute < truth.toMinute
      return countOf(random, shape, minute, isHit ? truth : null)
    })
  return { truth, countsAt }
}

const volumeFactor = ({ kind, factor }: Truth): number =>
  kind === 'volume_spike' ? factor : kind === 'volume_drop' ? 1 / factor : kind === 'silent' ? 0 : 1

function countOf(random: () => number, shape: Shape, minute: number, truth: Truth | null): MinuteCount {
  const rate = rateAt(shape, minute) * (truth === null ? 1 : volumeFactor(truth))
  const errorRatio = shape.errorRatio * (truth?.kind === 'error_rate' ? truth.factor : 1)
  const errors = rate === 0 ? 0 : poisson(random, rate * errorRatio)
  const others = rate === 0 ? 0 : poisson(random, rate * (1 - errorRatio))
  const { service } = shape
  return { service, records: errors + others, errors, severities: records(errors, others) }
}

const records = (errors: number, others: number): number =>
  errors + others === 0 ? 0 : errors > 0 ? SEVERITIES : SEVERITIES & ~(1 << 17)
