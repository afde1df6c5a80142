/**
 * What fails again and again is said at once, then counted: a line after 1, 10 and every 60 seconds, and one when it
 * works again. Knows neither clock nor log: event-log.ts has both. Its memory is bounded whatever fails.
 */

/** For how long occurrences are only counted after the first line, the second, and every later one. */
export const PAUSES_MS = [1_000, 10_000, 60_000] as const
/** After so long without a failure of its kind the next one is news. */
export const QUIET_MS = 60_000
/** More of them are taken together, by their group and as one kind. */
export const MOST_SUBJECTS = 200
const MOST_KINDS = 20

/** What fails, and how. */
export interface Failure {
  /** Of a fixed set, such as the name of an event. */
  readonly group: string
  /** Which one of the group fails and works again, such as a broker; empty where there is one only. */
  readonly subject: string
  /** Such as a code: another kind is another line. */
  readonly kind: string
}

/** A line about failures. */
export interface Said<F> {
  /** Of the latest. */
  readonly fact: F
  /** How many failed since the line before, the latest too. */
  readonly times: number
}

/** A line about their end. */
export interface Recovery {
  /** Since the last such line, however many lines there were about them. */
  readonly failures: number
  /** Since the first of these. */
  readonly awayMs: number
}

interface Kind<F> {
  latest: F
  latestAt: number
  unsaid: number
  lines: number
  /** No line before. */
  nextLineAt: number
}

interface Subject<F> {
  readonly kinds: Map<string, Kind<F>>
  failures: number
  since: number
  /** The last line said that it fails. */
  isSaidToFail: boolean
}

export class Repetition<F> {
  private readonly subjects = new Map<string, Subject<F>>()

  /** Nothing ever failed: who tells of successes may save himself the trouble. */
  get isEmpty(): boolean {
    return this.subjects.size === 0
  }

  /** The line that a failure is worth now; null: it is counted. `nowMs`, here and below, is of any clock that runs evenly. */
  failed({ group, subject, kind }: Failure, fact: F, nowMs: number): Said<F> | null {
    const found = this.subjectOf(group, subject, nowMs)
    const entry = kindOf(found.kinds, kind, fact)
    if (nowMs - entry.latestAt >= QUIET_MS) {
      entry.lines = 0
      entry.nextLineAt = nowMs
    }
    if (found.failures === 0) found.since = nowMs
    found.failures += 1
    entry.latest = fact
    entry.latestAt = nowMs
    entry.unsaid += 1
    return nowMs >= entry.nextLineAt ? say(found, entry, nowMs) : null
  }

  /** The line that it is worth that something works; null where the last line did not say otherwise. */
  worked({ group, subject }: Pick<Failure, 'group' | 'subject'>, nowMs: number): Recovery | null {
    const found = this.subjects.get(nameOf(group, subject))
    if (found === undefined || !found.isSaidToFail) return null
    const recovery = { failures: found.failures, awayMs: nowMs - found.since }
    found.isSaidToFail = false
    found.failures = 0
    for (const kind of found.kinds.values()) kind.unsaid = 0
    return recovery
  }

  /** Lines about what was counted and is due by `nowMs`. */
  due(nowMs: number): Said<F>[] {
    const lines: Said<F>[] = []
    for (const subject of this.subjects.values())
      for (const kind of subject.kinds.values())
        if (kind.unsaid > 0 && nowMs >= kind.nextLineAt) lines.push(say(subject, kind, nowMs))
    return lines
  }

  /** When the next of them is due; null: nothing is counted. */
  get nextDueAt(): number | null {
    let next: number | null = null
    for (const { kinds } of this.subjects.values())
      for (const { nextLineAt, unsaid } of kinds.values())
        if (unsaid > 0) next = Math.min(next ?? nextLineAt, nextLineAt)
    return next
  }

  private subjectOf(group: string, subject: string, nowMs: number): Subject<F> {
    const name = nameOf(group, subject)
    const known = this.subjects.get(name)
    if (known !== undefined) return known
    if (subject !== '' && this.subjects.size >= MOST_SUBJECTS) {
      this.forgetQuiet(nowMs)
      // Groups are a fixed set.
      if (this.subjects.size >= MOST_SUBJECTS) return this.subjectOf(group, '', nowMs)
    }
    const made: Subject<F> = { kinds: new Map(), failures: 0, since: nowMs, isSaidToFail: false }
    this.subjects.set(name, made)
    return made
  }

  private forgetQuiet(nowMs: number): void {
    for (const [name, { kinds }] of this.subjects) {
      const isQuiet = [...kinds.values()].every(
        ({ latestAt, unsaid }) => unsaid === 0 && nowMs - latestAt >= QUIET_MS,
      )
      if (isQuiet) this.subjects.delete(name)
    }
  }
}

const nameOf = (group: string, subject: string): string => `${group} ${subject}`

function kindOf<F>(kinds: Map<string, Kind<F>>, kind: string, latest: F): Kind<F> {
  const name = kinds.has(kind) || kinds.size < MOST_KINDS ? kind : ''
  const known = kinds.get(name)
  if (known !== undefined) return known
  const made = { latest, latestAt: Number.NEGATIVE_INFINITY, unsaid: 0, lines: 0, nextLineAt: 0 }
  kinds.set(name, made)
  return made
}

function say<F>(subject: Subject<F>, kind: Kind<F>, nowMs: number): Said<F> {
  const pause = PAUSES_MS[Math.min(kind.lines, PAUSES_MS.length - 1)]!
  const said = { fact: kind.latest, times: kind.unsaid }
  kind.unsaid = 0
  kind.lines += 1
  kind.nextLineAt = nowMs + pause
  subject.isSaidToFail = true
  return said
}
