/**
 * What has to be done now and then: segments ahead of time, and a look whether the database went back while nothing
 * was written. A task that fails is reported and done again at its next turn.
 */
import type { Emit } from '../events.ts'
import { storeError } from './connection.ts'

export interface Chore {
  readonly name: string
  readonly everyMs: number
  readonly run: () => Promise<void>
}

export class Storekeeper {
  private readonly chores: readonly Chore[]
  private readonly emit: Emit
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly running = new Set<Promise<void>>()
  private stopping = false

  constructor(chores: readonly Chore[], emit: Emit) {
    this.chores = chores
    this.emit = emit
  }

  start(): void {
    for (const chore of this.chores) this.schedule(chore)
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
      await chore.run()
    } catch (error) {
      this.emit('store:task:failed', { task: chore.name, error: storeError(error, chore.name) })
    }
    if (!this.stopping) this.schedule(chore)
  }

  async stop(): Promise<void> {
    this.stopping = true
    for (const timer of this.timers) clearTimeout(timer)
    await Promise.all(this.running)
  }
}
