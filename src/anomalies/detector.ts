/**
 * Finds anomalies in counts by minute, and says when they are over. Pure: no clock, no I/O; minutes are handed over one
 * after the other. Neighbours: service.ts (one service), watch.ts (hands over what the rollups hold).
 */
import { type AlarmChange, Service } from './service.ts'
import type { AnomalyName, Change, Finding, MinuteCount, Sensitivity } from './types.ts'

/** Standard deviations beyond tolerance that make an alarm. */
const thresholds: Readonly<Record<Sensitivity, number>> = { low: 8, medium: 6, high: 4.5 }
/** Whatever comes in the first day is new. */
const LEARN_MINUTES = 24 * 60
/** What is new is so for ten minutes. */
const NEWS_MINUTES = 10
/** More services than this share one baseline, and what is new of them is not told. */
const MOST_SERVICES = 250
const OTHER = '(other)'

interface Known {
  readonly watch: Service
  readonly sinceMinute: number
  /** As in MinuteCount. */
  severities: number
}

/** Open in the table when the program starts. */
export interface OpenAnomaly extends AnomalyName {
  readonly sinceMinute: number
  readonly openedMinute: number
}

export interface DetectorOptions {
  readonly sensitivity: Sensitivity
}

export class Detector {
  private readonly threshold: number
  private readonly services = new Map<string, Known>()
  private news: OpenAnomaly[] = []
  private firstMinute = -1
  /** The next minute to be handed over; −1 before the first. */
  nextMinute = -1

  constructor({ sensitivity }: DetectorOptions) {
    this.threshold = thresholds[sensitivity]
  }

  /** Every service of a minute, each once; one that is left out sent nothing. @throws RangeError unless it is the next */
  minute(minute: number, counts: readonly MinuteCount[]): Change[] {
    if (this.nextMinute >= 0 && minute !== this.nextMinute)
      throw new RangeError(`minute ${minute} instead of ${this.nextMinute}`)
    if (this.firstMinute < 0) this.firstMinute = minute
    this.nextMinute = minute + 1
    const changes: Change[] = this.oldNews(minute)
    const present = new Map<string, MinuteCount>()
    for (const count of counts) this.meet(minute, count, present, changes)
    const alarms: AlarmChange[] = []
    for (const [service, { watch }] of this.services) {
      const count = present.get(service)
      watch.minute(minute, count?.records ?? 0, count?.errors ?? 0, alarms)
      for (const alarm of alarms) changes.push(changeOf(alarm, service, minute))
      alarms.length = 0
    }
    return changes
  }

  private meet(
    minute: number,
    count: MinuteCount,
    present: Map<string, MinuteCount>,
    changes: Change[],
  ): void {
    const known = this.services.get(count.service)
    if (known === undefined && this.services.size >= MOST_SERVICES) {
      this.addOther(minute, count, present)
      return
    }
    present.set(count.service, count)
    if (known === undefined) {
      this.services.set(count.service, this.made(minute, count.severities))
      if (this.isLearned(minute)) this.tell(minute, 'new_service', count, null, changes)
      return
    }
    const fresh = count.severities & ~known.severities
    if (fresh === 0) return
    known.severities |= fresh
    if (!this.isLearned(minute) || minute - known.sinceMinute < LEARN_MINUTES) return
    for (let severity = 0; severity < 32; severity++)
      if ((fresh >>> severity) & 1) this.tell(minute, 'new_severity', count, severity, changes)
  }

  private isLearned(minute: number): boolean {
    return minute - this.firstMinute >= LEARN_MINUTES
  }

  private made(minute: number, severities: number): Known {
    return { watch: new Service(this.threshold), sinceMinute: minute, severities }
  }

  private addOther(minute: number, count: MinuteCount, present: Map<string, MinuteCount>): void {
    if (!this.services.has(OTHER)) this.services.set(OTHER, this.made(minute, -1))
    const sum = present.get(OTHER)
    const [records, errors] = [count.records + (sum?.records ?? 0), count.errors + (sum?.errors ?? 0)]
    present.set(OTHER, { service: OTHER, records, errors, severities: 0 })
  }

  private tell(
    minute: number,
    kind: 'new_service' | 'new_severity',
    { service, records }: MinuteCount,
    severity: number | null,
    changes: Change[],
  ): void {
    const name = { kind, service, severity }
    this.news.push({ ...name, sinceMinute: minute, openedMinute: minute })
    const finding = {
      ...name,
      sinceMinute: minute,
      foundMinute: minute,
      score: null,
      expected: 0,
      observed: records,
    }
    changes.push({ type: 'opened', finding })
  }

  private oldNews(minute: number): Change[] {
    if (this.news.length === 0) return []
    const isOld = ({ openedMinute }: OpenAnomaly): boolean => minute - openedMinute >= NEWS_MINUTES
    const over = this.news.filter(isOld)
    if (over.length > 0) this.news = this.news.filter(each => !isOld(each))
    return over.map(({ kind, service, severity }) => ({
      type: 'resolved',
      name: { kind, service, severity },
      untilMinute: minute,
    }))
  }

  /**
   * After history was handed over: what is open in the table is open here, and nothing else. Returns the names of what
   * belongs to no service that is known any more.
   */
  adopt(open: readonly OpenAnomaly[]): AnomalyName[] {
    this.news = open.filter(({ kind }) => kind === 'new_service' || kind === 'new_severity')
    for (const [service, { watch }] of this.services)
      watch.adopt(open.filter(each => each.service === service))
    return open.filter(each => !this.services.has(each.service) && !this.news.includes(each))
  }
}

function changeOf(alarm: AlarmChange, service: string, minute: number): Change {
  if (alarm.type === 'resolved') {
    const { kind, untilMinute } = alarm
    return { type: 'resolved', name: { kind, service, severity: null }, untilMinute }
  }
  const { expected, kind, observed, score, sinceMinute } = alarm
  const finding: Finding = {
    kind,
    service,
    severity: null,
    sinceMinute,
    foundMinute: minute,
    score,
    expected,
    observed,
  }
  return { type: 'opened', finding }
}
