/**
 * The life of the engine: the order in which its parts start, and how it stops. What the parts are to each other is in
 * parts.ts; the supervisor begins anew what fails.
 */
import type { Config } from '../config/index.ts'
import type { Emit } from '../events.ts'
import type { Snapshot } from '../snapshot.ts'
import { type ChildSpec, Supervisor } from '../supervisor/supervisor.ts'
import { type EngineFacts, factsOf } from './facts.ts'
import { names, Parts } from './parts.ts'
import { prepareStore } from './prepare-store.ts'
import { takeSnapshot } from './take-snapshot.ts'

export interface EngineOptions {
  readonly config: Config
  readonly emit: Emit
  /** URL of the parse workers' module; that of parse/worker.ts unless told. */
  readonly worker?: string
}

/** Restarts of all parts together; one more within the period ends the engine. */
export const RESTART_INTENSITY = 5
export const RESTART_PERIOD_MS = 60_000
/** Of the shutdown deadline: then what is still in flight is abandoned (it is read again by the next start). */
const GRACEFUL_SHARE = 0.75
const DRAIN_LOOK_MS = 10

export function createEngine(options: EngineOptions): Engine {
  return new Engine(options)
}

export class Engine {
  /** Rejects when a failure cannot be mended from within. */
  readonly done: Promise<void>
  readonly parts: Parts
  /** Why the store cannot be used, in words; null: it can. */
  private storeTrouble: string | null = 'connecting to Postgres'
  private readonly config: Config
  private readonly emit: Emit
  private readonly supervisor: Supervisor
  private joining: Promise<void> = Promise.resolve()
  private end!: { resolve: () => void; reject: (error: Error) => void }
  private isStopping = false

  constructor({ config, emit, worker }: EngineOptions) {
    this.config = config
    this.emit = emit
    this.done = new Promise((resolve, reject) => {
      this.end = { resolve, reject }
    })
    // Whoever runs the engine waits for `done`; until then a rejection must not end the process.
    this.done.catch(() => undefined)
    this.supervisor = new Supervisor({
      intensity: RESTART_INTENSITY,
      periodMs: RESTART_PERIOD_MS,
      onEscalated: error => this.end.reject(error),
      emit,
    })
    this.parts = new Parts({
      config,
      emit,
      worker: worker ?? new URL('../parse/worker.js', import.meta.url).href,
      supervisor: this.supervisor,
      partitions: () => this.snapshot().partitions,
    })
  }

  /** Resolves when every part runs and the group was joined; parts that cannot be reached are tried until they can. */
  async start(): Promise<void> {
    await this.supervisor.start(this.children())
    await this.joining
  }

  /** In the order of their start; fetchers come to it with their brokers. docs/architecture.md has the table. */
  private children(): ChildSpec[] {
    const { announcer, membership, mirror, parser, pool, pressure, sink, store, storekeeper, turns } =
      this.parts
    const startPool = () => {
      pool.start()
      parser.wake()
    }
    const join = () => {
      // Topics may be missing for long: the others do not wait for it.
      this.joining = membership.start()
    }
    return [
      { name: names.pressure, restart: 'temporary', part: pressure },
      ...(mirror === null ? [] : [{ name: names.mirror, restart: 'temporary' as const, part: mirror }]),
      ...(announcer === null
        ? []
        : [{ name: names.announcer, restart: 'temporary' as const, part: announcer }]),
      {
        name: names.store,
        restart: 'temporary',
        part: { start: () => this.prepareStore(), stop: () => store.end() },
      },
      { name: names.parsePool, restart: 'permanent', part: { start: startPool, stop: () => pool.stop() } },
      { name: names.membership, restart: 'permanent', part: { start: join, stop: () => membership.stop() } },
      { name: names.turns, restart: 'temporary', part: turns },
      ...sink.specs(),
      { name: names.storekeeper, restart: 'permanent', part: storekeeper },
    ]
  }

  private async prepareStore(): Promise<void> {
    const { config, emit, parts } = this
    await prepareStore(parts.segments, config, {
      isWanted: () => !this.isStopping,
      onTrouble: error => {
        this.storeTrouble = error.message
        emit('store:task:failed', { task: 'migrate', error })
      },
      onColumnAdded: column => emit('store:column:added', { column }),
    })
    this.storeTrouble = null
    emit('store:task:completed', { task: 'migrate' })
  }

  /** Closes the top and lets it flow; false when something had to be abandoned. */
  async stop(reason: string): Promise<boolean> {
    const { source } = this.parts
    const deadlineMs = this.config.shutdown.deadlineMs
    const startedAt = performance.now()
    this.isStopping = true
    this.emit('supervisor:stop:requested', { reason, deadlineMs })
    source.drain().catch(error => this.end.reject(error))
    const hasFlownOut = await this.flowOut(startedAt + deadlineMs * GRACEFUL_SHARE)
    const hasStopped = await this.supervisor.stop(startedAt + deadlineMs)
    source.stop()
    const isClean = hasFlownOut && hasStopped
    this.emit('supervisor:stop:completed', { durationMs: performance.now() - startedAt, clean: isClean })
    this.end.resolve()
    return isClean
  }

  private async flowOut(deadline: number): Promise<boolean> {
    const { parser, sink, source } = this.parts
    const isEmpty = () =>
      parser.isIdle && sink.isIdle && [...source.partitions.values()].every(partition => !partition.isBusy)
    while (!isEmpty()) {
      if (performance.now() > deadline) return false
      await new Promise(resolve => setTimeout(resolve, DRAIN_LOOK_MS))
    }
    return true
  }

  snapshot(): Snapshot {
    return takeSnapshot(this.parts, this.config.roles, this.storeTrouble)
  }

  facts(): EngineFacts {
    return factsOf(this.parts, this.supervisor.facts, this.config.roles, this.storeTrouble)
  }
}
