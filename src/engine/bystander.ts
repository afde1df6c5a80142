/**
 * The engine of a process that consumes nothing (roles maintain and api): the store, and a storekeeper with the chores
 * of its roles. Neighbour: engine.ts, which consumes and may do these too.
 */
import { type Config, hasRole } from '../config/index.ts'
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { emptySnapshot, type Snapshot } from '../snapshot.ts'
import { StorePool } from '../store/connection.ts'
import { Segments } from '../store/segments.ts'
import { type Chore, Storekeeper } from '../store/storekeeper.ts'
import { type ChildSpec, Supervisor } from '../supervisor/supervisor.ts'
import { maintenanceChores } from './chores.ts'
import { type EngineOptions, RESTART_INTENSITY, RESTART_PERIOD_MS } from './engine.ts'
import type { EngineFacts } from './facts.ts'
import { names } from './parts.ts'
import { prepareStore } from './prepare-store.ts'

/** /readyz of a process that only answers questions must know when Postgres went. */
const LOOK_EVERY_MS = 5_000

export class Bystander {
  /** Rejects when a failure cannot be mended from within. */
  readonly done: Promise<void>
  private readonly config: Config
  private readonly emit: Emit
  private readonly store: StorePool
  private readonly segments: Segments
  private readonly storekeeper: Storekeeper
  private readonly supervisor: Supervisor
  private end!: { resolve: () => void; reject: (error: Error) => void }
  private isStopping = false
  private storeTrouble: string | null = 'connecting to Postgres'

  constructor({ config, emit }: EngineOptions) {
    this.config = config
    this.emit = emit
    this.done = new Promise((resolve, reject) => {
      this.end = { resolve, reject }
    })
    // Whoever runs the engine waits for `done`; until then a rejection must not end the process.
    this.done.catch(() => undefined)
    this.store = new StorePool(config.postgres)
    this.segments = new Segments(this.store, config.storage.segment, emit)
    this.supervisor = new Supervisor({
      intensity: RESTART_INTENSITY,
      periodMs: RESTART_PERIOD_MS,
      onEscalated: error => this.end.reject(error),
      emit,
    })
    this.storekeeper = new Storekeeper({
      chores: this.chores(),
      onFailed: error => this.supervisor.exited(names.storekeeper, error),
      emit,
    })
  }

  private chores(): Chore[] {
    const { config, emit, segments, store } = this
    return [
      { name: 'look at Postgres', everyMs: LOOK_EVERY_MS, run: () => this.look() },
      ...(hasRole(config, 'maintain') ? maintenanceChores({ segments, store }, config, emit) : []),
    ]
  }

  /** Resolves when the store is ready; it is tried until it is. */
  start(): Promise<void> {
    return this.supervisor.start(this.children())
  }

  private children(): ChildSpec[] {
    const store = { start: () => this.prepareStore(), stop: () => this.store.end() }
    return [
      { name: names.store, restart: 'temporary', part: store },
      { name: names.storekeeper, restart: 'permanent', part: this.storekeeper },
    ]
  }

  private async prepareStore(): Promise<void> {
    const segments = hasRole(this.config, 'maintain') ? this.segments : null
    await prepareStore(segments, this.config, {
      isWanted: () => !this.isStopping,
      onTrouble: error => {
        this.storeTrouble = error.message
        this.emit('store:task:failed', { task: 'migrate', error })
      },
    })
    this.storeTrouble = null
    this.emit('store:task:completed', { task: 'migrate' })
  }

  private async look(): Promise<void> {
    try {
      await this.store.query('look at Postgres', 'select 1')
      this.storeTrouble = null
    } catch (error) {
      if (error instanceof PipelineError) this.storeTrouble = error.message
      throw error
    }
  }

  /** False when something was still at work at the deadline. */
  async stop(reason: string): Promise<boolean> {
    const { deadlineMs } = this.config.shutdown
    const startedAt = performance.now()
    this.isStopping = true
    this.emit('supervisor:stop:requested', { reason, deadlineMs })
    const clean = await this.supervisor.stop(startedAt + deadlineMs)
    this.emit('supervisor:stop:completed', { durationMs: performance.now() - startedAt, clean })
    this.end.resolve()
    return clean
  }

  snapshot(): Snapshot {
    const reasons = this.storeTrouble === null ? [] : [`store: ${this.storeTrouble}`]
    return { ...emptySnapshot(''), roles: this.config.roles, ready: { ok: reasons.length === 0, reasons } }
  }

  facts(): EngineFacts {
    const snapshot = this.snapshot()
    return {
      ...snapshot,
      arena: [],
      partitions: [],
      group: { clusterId: '', trouble: null, missingTopics: [] },
      fetchers: [],
      store: { trouble: this.storeTrouble },
      parts: this.supervisor.facts,
      parse: { ...snapshot.parse, steps: [] },
    }
  }
}
