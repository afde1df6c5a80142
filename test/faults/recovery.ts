/**
 * Times how long the program takes after a fault until all that was acknowledged by then is committed. Looks by a
 * connection of its own: the scenario's may be inside a transaction. Neighbour: context.ts.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Flow } from './flow.ts'
import { Observer } from './observer.ts'

const LOOK_EVERY_MS = 25

interface Goal {
  readonly observer: Observer
  /** Position to reach, by partition. */
  readonly ends: ReadonlyMap<number, number>
}

export class Recovery {
  /** Of all faults that it was seen to recover from; null: of none. */
  slowestMs: number | null = null
  private readonly observers = new Map<Flow, Observer>()
  private round = 0
  private watching: Promise<void> = Promise.resolve()

  /** The clock starts now; a fault that comes before the recovery starts it anew. */
  begin(flows: readonly Flow[]): void {
    const goals = flows.map(flow => ({ observer: this.observerOf(flow), ends: new Map(flow.oracle.ends) }))
    const round = ++this.round
    const startedAt = performance.now()
    const before = this.watching
    this.watching = before.then(() => this.watch(goals, round, startedAt))
  }

  async stop(): Promise<void> {
    this.round++
    await this.watching
    for (const observer of this.observers.values()) await observer.close()
  }

  private observerOf(flow: Flow): Observer {
    const known = this.observers.get(flow)
    if (known) return known
    const observer = new Observer(flow.url, flow.topic)
    this.observers.set(flow, observer)
    return observer
  }

  private async watch(goals: readonly Goal[], round: number, startedAt: number): Promise<void> {
    while (round === this.round) {
      const reached = await Promise.all(goals.map(isReached))
      if (reached.every(Boolean)) {
        this.slowestMs = Math.max(this.slowestMs ?? 0, performance.now() - startedAt)
        return
      }
      await delay(LOOK_EVERY_MS)
    }
  }
}

async function isReached({ observer, ends }: Goal): Promise<boolean> {
  try {
    const positions = await observer.positions()
    return [...ends].every(([partition, end]) => (positions.get(partition) ?? 0) >= end)
  } catch {
    // The server is away, which may be the fault.
    return false
  }
}
