/**
 * What has to be done now and then: segments ahead of time, and a look whether the database went back while nothing
 * was written. A task that fails is reported and done again at its next turn; what nobody foresaw ends it.
 */
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'

export interface Chore {
  readonly name: string
  readonly everyMs: number
  /** Aborted when the storekeeper stops: what takes long gives up then. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

export interface StorekeeperDeps {
  readonly chores: readonly Chore[]
  /** It ended by an error that is none of ours; `stop` and `start` make it whole again. */
  readonly onFailed: (error: Error) => void
  readonly emit: Emit
}

export class Storekeeper {
  private readonly deps: StorekeeperDeps
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly running = new Set<Promise<void>>()
  private ending = new AbortController()

  constructor(deps: StorekeeperDeps) {
    this.deps = deps
  }

  start(): void {
    this.ending = new AbortController()
    for (const chore of this.deps.chores) this.schedule(chore)
  }

  private schedule(chore: Chore): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      const turn = this.turn(chore).finally(() => this.running.delete(turn))
      this.running.add(turn)
    }, chore.everyMs)
    this.timers.add(timer)
  }

  private async turn(chore: Chore): Promise<void> {
    try {
      await chore.run(this.ending.signal)
      this.deps.emit('store:task:completed', { task: chore.name })
    } catch (error) {
      if (!(error instanceof PipelineError)) {
        this.deps.onFailed(error instanceof Error ? error : new Error(String(error)))
        return
      }
      this.deps.emit('store:task:failed', { task: chore.name, error })
    }
    if (!this.ending.signal.aborted) this.schedule(chore)
  }

  async stop(): Promise<void> {
    this.ending.abort()
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
    await Promise.all(this.running)
  }
}
