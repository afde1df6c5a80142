/**
 * The last troubles, for /debug: events that are logged as warnings or errors, in a ring of fixed size, and how often
 * each part was restarted. Neighbours: log.ts (levels), debug-view.ts.
 */
import type { EventName, Events } from './events.ts'
import { errorFields, type LogLevel, levelOf } from './log.ts'

export interface RecentEvent {
  /** ISO time. */
  readonly at: string
  readonly level: LogLevel
  readonly event: EventName
  /** The event's own facts; an error as what happened, code, context and cause. */
  readonly facts: object
}

const MOST = 50

export class RecentEvents {
  /** By child; as many as there are parts. */
  readonly restarts: Record<string, number> = {}
  private readonly ring: RecentEvent[] = []

  /** The listener for createEvents. */
  readonly listen = <N extends EventName>(name: N, event: Events[N]): void => {
    if (name === 'supervisor:child:restarted' && 'child' in event)
      this.restarts[event.child] = (this.restarts[event.child] ?? 0) + 1
    const level = levelOf(name, event)
    if (level !== 'warn' && level !== 'error') return
    const { error, ...rest } = event as { error?: unknown }
    const facts = { ...rest, ...(error === undefined ? {} : errorFields(error, false)) }
    if (this.ring.length === MOST) this.ring.shift()
    this.ring.push({ at: new Date().toISOString(), level, event: name, facts })
  }

  /** The latest last. */
  list(): readonly RecentEvent[] {
    return [...this.ring]
  }
}
