/**
 * The pressure of this process, looked at once a second: how far it is behind, and how full its memory is. The mirror
 * tells other processes, /metrics and /debug show it. Neighbours: lag-clock.ts, redis/pressure.ts.
 */
import type { ArenaAccount, PartitionSnapshot, PressureSnapshot } from '../snapshot.ts'
import { LagClock } from './lag-clock.ts'

export interface PressureDeps {
  readonly partitions: () => readonly PartitionSnapshot[]
  readonly arena: () => readonly ArenaAccount[]
}

const LOOK_EVERY_MS = 1_000

export class Pressure {
  private readonly deps: PressureDeps
  private readonly clock = new LagClock()
  private lagSeconds = 0
  private timer: NodeJS.Timeout | null = null

  constructor(deps: PressureDeps) {
    this.deps = deps
  }

  start(): void {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS)
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
  }

  snapshot(): PressureSnapshot {
    return { lagSeconds: this.lagSeconds, arenaFill: fillOf(this.deps.arena()) }
  }

  private look(): void {
    this.lagSeconds = this.clock.observe(performance.now(), this.deps.partitions())
  }
}

/** What is used of all accounts, from 0 to 1. */
function fillOf(accounts: readonly ArenaAccount[]): number {
  const size = accounts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return size === 0 ? 0 : accounts.reduce((sum, { usedBytes }) => sum + usedBytes, 0) / size
}
