/**
 * Realistic logs from a seed: services with a daily rhythm, stack traces, 2 % errors, 1 % malformed records, 80 bytes
 * to 4 kB, about 300 in the mean. services.ts and malformed.ts write the lines; sources.ts hands them on.
 */
import { type RecordFormat, writeAs } from './formats.ts'
import { malformedKinds, notUtf8Mark, writeMalformed } from './malformed.ts'
import { Random } from './random.ts'
import { type Moment, type ServiceModel, serviceModels } from './services.ts'

export interface GeneratorOptions {
  readonly seed: number
  /** How many; next() returns false after them. */
  readonly records: number
  /** Time of the first record, ms since 1970. */
  readonly startMs: number
  /** Time over which the records are spread, ms. */
  readonly spanMs: number
  /** JSON unless told. */
  readonly format?: RecordFormat
}

const hourMs = 3_600_000
const hours = 24
const peakHour = 15
const errorsPer1000 = 20
const malformedPer1000 = 10
const leastBytes = 80
const mostBytes = 4096
/** A byte that no UTF-8 text contains. */
const invalidByte = 0xff

/** The id that the record with this number carries in a run with this seed. */
export const recordId = (seed: number, index: number): string => `${seed.toString(36)}-${index}`

/** Cosine over the day, highest at the peak hour, mean 1. */
const weightAt = (service: ServiceModel, hour: number): number =>
  service.weight * (1 + service.rhythm * Math.cos(((hour - peakHour) / hours) * 2 * Math.PI))

interface Hour {
  /** Upper bound of each service's share, the last is 1. */
  readonly bounds: readonly number[]
  /** Records in this hour relative to the mean hour. */
  readonly density: number
}

function describeDay(): readonly Hour[] {
  const totals = Array.from({ length: hours }, (_, hour) =>
    serviceModels.reduce((sum, service) => sum + weightAt(service, hour), 0),
  )
  const mean = totals.reduce((sum, total) => sum + total, 0) / hours
  return totals.map((total, hour) => {
    let sum = 0
    const bounds = serviceModels.map(service => {
      sum += weightAt(service, hour)
      return sum / total
    })
    return { bounds, density: total / mean }
  })
}

const day = describeDay()

/** Writes one record after the other into its own buffer. */
export class LogGenerator {
  /** The record is buffer[0..length); overwritten by the next. */
  readonly buffer: Buffer = Buffer.alloc(3 * mostBytes)
  length = 0
  /** Of the record in the buffer. */
  index = -1
  timeMs: number
  service = ''
  host = ''
  isError = false
  isMalformed = false
  private readonly options: GeneratorOptions
  private readonly random: Random
  private readonly meanStepMs: number
  private exactMs: number
  private secondMs = -1
  private secondText = ''

  constructor(options: GeneratorOptions) {
    this.options = options
    this.random = new Random(options.seed)
    this.meanStepMs = options.spanMs / Math.max(options.records, 1)
    this.exactMs = options.startMs
    this.timeMs = options.startMs
  }

  /** Makes the next record; false when there are no more. */
  next(): boolean {
    if (this.index + 1 >= this.options.records) return false
    this.index++
    const { random } = this
    this.timeMs = Math.floor(this.exactMs)
    const hour = day[Math.floor(this.timeMs / hourMs) % hours]!
    this.exactMs = Math.min(
      this.exactMs + this.meanStepMs / hour.density,
      this.options.startMs + this.options.spanMs,
    )
    const service = this.chooseService(hour)
    const draw = random.below(1000)
    this.isMalformed = draw < malformedPer1000
    this.isError = !this.isMalformed && draw < malformedPer1000 + errorsPer1000
    this.service = service.name
    this.host = random.pick(service.hosts)
    const moment: Moment = {
      timeMs: this.timeMs,
      timeText: this.timeText(),
      host: this.host,
      id: recordId(this.options.seed, this.index),
      isError: this.isError,
    }
    if (this.isMalformed) this.writeMalformed(service, moment)
    else
      this.length = this.buffer.write(
        writeAs(this.options.format ?? 'json', service.write(random, moment), moment),
      )
    return true
  }

  private chooseService(hour: Hour): ServiceModel {
    const share = this.random.unit()
    let choice = 0
    while (share >= hour.bounds[choice]! && choice < serviceModels.length - 1) choice++
    return serviceModels[choice]!
  }

  private writeMalformed(service: ServiceModel, moment: Moment): void {
    const line = writeMalformed(this.random.pick(malformedKinds), service, this.random, moment)
    this.length = this.buffer.write(line.padEnd(leastBytes, '.'))
    const mark = line.indexOf(notUtf8Mark)
    if (mark >= 0) this.buffer[Buffer.byteLength(line.slice(0, mark))] = invalidByte
  }

  /** The day and second are made once a second: toISOString would take longer than all the rest. */
  private timeText(): string {
    const second = this.timeMs - (this.timeMs % 1000)
    if (second !== this.secondMs) {
      this.secondMs = second
      this.secondText = new Date(second).toISOString().slice(0, -4)
    }
    return `${this.secondText}${String(this.timeMs % 1000).padStart(3, '0')}Z`
  }
}
