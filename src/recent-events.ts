/**
 * The last troubles, for /debug: events that are logged as warnings or errors, each kind of them once with how often,
 * and the restarts of parts. Of fixed size. Neighbours: event-log.ts (what counts as the same), debug-view.ts.
 */
import { failureOf } from './event-log.ts'
import type { EventName, Events } from './events.ts'
import { errorFields, type LogLevel, levelOf } from './log.ts'

export interface RecentEvent {
  /** ISO time of the latest. */
  readonly at: string
  /** Of the first; they have not been pushed out since. */
  readonly since: string
  readonly times: number
  readonly level: LogLevel
  readonly event: EventName
  /** Of the latest: its own facts, an error as what happened, code, context and cause. */
  readonly facts: object
}

/** A part that the supervisor began anew. */
export interface Restart {
  /** ISO time. */
  readonly at: string
  readonly child: string
  /** So many times until then. */
  readonly restarts: number
  readonly facts: object
}

const MOST = 50
const MOST_RESTARTS = 20

export class RecentEvents {
  /** By child; as many as there are parts. */
  readonly restarts: Record<string, number> = {}
  /** By what counts as the same, the latest last. */
  private readonly ring = new Map<string, RecentEvent>()
  private readonly history: Restart[] = []

  /** The listener for createEvents. */
  readonly listen = <N extends EventName>(name: N, event: Events[N]): void => {
    const level = levelOf(name, event)
    if (level !== 'warn' && level !== 'error') return
    const { error, ...rest } = event as { error?: unknown }
    const facts = { ...rest, ...(error === undefined ? {} : errorFields(error, false)) }
    const at = new Date().toISOString()
    if (name === 'supervisor:child:restarted')
      this.restarted(at, event as Events['supervisor:child:restarted'], facts)
    const { group, kind, subject } = failureOf({ name, event })
    const key = `${group} ${subject} ${kind}`
    const { since, times } = this.ring.get(key) ?? { since: at, times: 0 }
    this.ring.delete(key)
    this.ring.set(key, { at, since, times: times + 1, level, event: name, facts })
    if (this.ring.size > MOST) this.ring.delete(this.ring.keys().next().value!)
  }

  private restarted(
    at: string,
    { child, restarts }: Events['supervisor:child:restarted'],
    facts: object,
  ): void {
    this.restarts[child] = restarts
    this.history.push({ at, child, restarts, facts })
    if (this.history.length > MOST_RESTARTS) this.history.shift()
  }

  /** The latest last. */
  list(): readonly RecentEvent[] {
    return [...this.ring.values()]
  }

  /** The latest last. */
  restartHistory(): readonly Restart[] {
    return [...this.history]
  }
}
