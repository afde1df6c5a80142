/**
 * Wires the actors: source → parser → writers over one arena, with the store beside them. The stages know nothing of
 * each other; every function that one needs of another is handed over here. The supervisor starts and restarts them.
 */
import { Arena } from './arena/arena.ts'
import type { Claim } from './arena/descriptors.ts'
import { type Config, parserSettings } from './config/index.ts'
import { type EngineFacts, factsOf } from './engine-facts.ts'
import { takeSnapshot } from './engine-snapshot.ts'
import { PipelineError } from './errors.ts'
import type { Emit } from './events.ts'
import { loadKernelModule } from './kernel/kernel.ts'
import { JUMBO_FACTOR, STATIC_BYTES, scratchBytes } from './kernel/layout.ts'
import type { Log } from './log.ts'
import { Parser } from './parse/parser.ts'
import { ParsePool } from './parse/pool.ts'
import type { WorkerData } from './parse/worker-data.ts'
import { Positions } from './positions.ts'
import { instanceName, Mirror } from './redis/mirror.ts'
import { Refusals } from './sink/refusals.ts'
import { Writer } from './sink/writer.ts'
import type { Snapshot } from './snapshot.ts'
import { KafkaAdapter } from './source/kafka/adapter.ts'
import { Membership } from './source/membership.ts'
import { keyOf, Source } from './source/source.ts'
import { StorePool } from './store/connection.ts'
import { migrate } from './store/migrate.ts'
import { Segments } from './store/segments.ts'
import { Storekeeper } from './store/storekeeper.ts'
import { verifyLately } from './store/verify/lately.ts'
import { retryWhile } from './supervisor/backoff.ts'
import { type ChildSpec, Supervisor } from './supervisor/supervisor.ts'
import { nameOf, Writers } from './writers.ts'

export interface EngineParts {
  readonly config: Config
  readonly emit: Emit
  readonly log: Log
  /** URL of the parse workers' module; that of parse/worker.ts unless told. */
  readonly worker?: string
}

const MEMBERSHIP = 'membership'
const PARSE_POOL = 'parse pool'
const STOREKEEPER = 'storekeeper'
/** Restarts of all parts together; one more within the period ends the engine. */
export const RESTART_INTENSITY = 5
const RESTART_PERIOD_MS = 60_000
const COMPARE_EVERY_MS = 10_000
const SEGMENTS_EVERY_MS = 60_000
/** Of the shutdown deadline: then what is still in flight is abandoned (it is read again by the next start). */
const GRACEFUL_SHARE = 0.75
const DRAIN_LOOK_MS = 10

export function createEngine(parts: EngineParts): Engine {
  return new Engine(parts)
}

export class Engine {
  /** Rejects when a failure cannot be mended from within. */
  readonly done: Promise<void>
  readonly arena: Arena
  readonly source: Source
  readonly membership: Membership
  /** Null without redis.url. */
  readonly mirror: Mirror | null
  parser: Parser | null = null
  pool: ParsePool | null = null
  /** Why the store cannot be used, in words; null: it can. */
  storeTrouble: string | null = 'connecting to Postgres'
  private readonly config: Config
  private readonly emit: Emit
  private readonly adapter: KafkaAdapter
  private readonly store: StorePool
  private readonly segments: Segments
  private readonly storekeeper: Storekeeper
  private readonly sink: Writers
  private readonly positions: Positions
  private readonly supervisor: Supervisor
  private readonly worker: string
  private joining: Promise<void> = Promise.resolve()
  private end!: { resolve: () => void; reject: (error: Error) => void }
  private isStopping = false

  constructor({ config, emit, log, worker }: EngineParts) {
    this.config = config
    this.emit = emit
    this.worker = worker ?? new URL('./parse/worker.js', import.meta.url).href
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
    this.arena = this.createArena()
    this.store = new StorePool(config.postgres)
    this.segments = new Segments(this.store, config.storage.segment, emit)
    this.adapter = new KafkaAdapter({
      ...config.kafka,
      log: (level, message, context) => log[level](context, message),
    })
    this.source = this.createSource()
    this.membership = this.createMembership()
    this.positions = this.createPositions()
    const refusals = new Refusals()
    this.sink = new Writers({
      count: config.postgres.writers,
      create: id => this.createWriter(id, refusals),
      reclaim: claim => this.ended(() => this.source.reclaim(claim)),
    })
    this.mirror = this.createMirror()
    this.storekeeper = this.createStorekeeper()
  }

  get writers(): readonly Writer[] {
    return this.sink.all
  }

  private createArena(): Arena {
    const { memory, workers, limits } = this.config
    return new Arena({
      bytes: memory.arenaBytes,
      staticBytes: STATIC_BYTES,
      slots: workers,
      slotBytes: scratchBytes(limits),
      jumboBytes: JUMBO_FACTOR * limits.maxRecordBytes,
    })
  }

  private createSource(): Source {
    const { adapter, arena, config, emit } = this
    return new Source({
      adapter,
      arena,
      fetchWaitMs: config.kafka.fetchWaitMs,
      partitionFetchBytes: config.kafka.partitionFetchBytes,
      parse: range => this.parser!.submit(range),
      claim: (topic, tokens) => this.positions.claim(topic, tokens),
      onAssigned: () => this.afterAssignment(),
      supervisor: this.supervisor,
      emit,
    })
  }

  private createMembership(): Membership {
    const { adapter, config, emit, source } = this
    return new Membership({
      adapter,
      topics: config.kafka.topics,
      onAssigned: assignment => source.assign(assignment),
      onHeartbeat: () => source.heartbeat(),
      onFailed: error => this.supervisor.exited(MEMBERSHIP, error),
      positions: () => this.positions.takeMoved(),
      emit,
    })
  }

  private createPositions(): Positions {
    const { adapter, config, source, store } = this
    return new Positions({
      store,
      adapter,
      membership: () => this.membership,
      groupId: config.kafka.groupId,
      start: config.kafka.start,
      claims: () => source.claims(),
      isQuiet: claim => source.holderOf(claim)?.isBusy === false && !this.sink.holds(claim),
      onFenced: claim => this.ended(() => source.fenced(claim)),
      onRewound: (claim, stored) => this.ended(() => source.rewind(claim, stored)),
      onHalt: (claim, error) => this.haltClaim(claim, error),
    })
  }

  private createWriter(id: number, refusals: Refusals): Writer {
    const { arena, config, emit, segments, source } = this
    const fairShare = arena.output.bytes / (2 * config.postgres.writers)
    return new Writer({
      id,
      arena,
      session: { ...config.postgres, name: `logcollector writer ${id}` },
      transactionBytes: Math.min(config.sink.transactionBytes, fairShare),
      transactionIntervalMs: config.sink.transactionIntervalMs,
      refusals,
      ensureSegments: starts => segments.ensure(starts),
      forgetSegments: starts => segments.forget(starts),
      rawRecord: (claim, offset) => source.rawRecord(claim.topic, claim.partition, offset),
      readPositions: claims => this.positions.read(claims),
      onCommitted: claim => this.committed(claim),
      onFenced: claim => this.ended(() => source.fenced(claim)),
      onRewound: (claim, stored) => this.ended(() => source.rewind(claim, stored)),
      onHalt: (claim, error) => this.haltClaim(claim, error),
      onFailed: error => this.supervisor.exited(nameOf(id), error),
      emit,
    })
  }

  private createStorekeeper(): Storekeeper {
    return new Storekeeper({
      chores: [
        { name: 'segments ahead', everyMs: SEGMENTS_EVERY_MS, run: () => this.makeSegmentsAhead() },
        { name: 'compare positions', everyMs: COMPARE_EVERY_MS, run: () => this.positions.compareQuiet() },
        {
          name: 'verify',
          everyMs: this.config.storage.verifyIntervalMs,
          run: () => verifyLately(this.config.postgres.url, this.emit),
        },
      ],
      onFailed: error => this.supervisor.exited(STOREKEEPER, error),
      emit: this.emit,
    })
  }

  private createMirror(): Mirror | null {
    const { kafka, redis } = this.config
    if (redis.url === '') return null
    return new Mirror({
      url: redis.url,
      prefix: redis.prefix,
      groupId: kafka.groupId,
      instance: instanceName(),
      partitions: () => this.snapshot().partitions,
      emit: this.emit,
    })
  }

  /** Resolves when every part runs and the group was joined; parts that cannot be reached are tried until they can. */
  async start(): Promise<void> {
    await this.supervisor.start(this.children())
    await this.joining
  }

  /** In the order of their start; fetchers come to it with their brokers. docs/architecture.md has the table. */
  private children(): ChildSpec[] {
    const { membership, mirror, sink, store, storekeeper } = this
    const connection = { start: () => this.prepareStore(), stop: () => store.end() }
    const pool = { start: () => this.startParser(), stop: async () => this.pool?.stop() }
    const start = () => {
      // Topics may be missing for long: the others do not wait for it.
      this.joining = membership.start()
    }
    return [
      ...(mirror === null ? [] : [{ name: 'mirror', restart: 'temporary' as const, part: mirror }]),
      { name: 'store', restart: 'temporary', part: connection },
      { name: PARSE_POOL, restart: 'permanent', part: pool },
      { name: MEMBERSHIP, restart: 'permanent', part: { start, stop: () => membership.stop() } },
      ...sink.specs(),
      { name: STOREKEEPER, restart: 'permanent', part: storekeeper },
    ]
  }

  /** Migrates where needed and makes the first segments, as soon as Postgres lets us. */
  private async prepareStore(): Promise<void> {
    const attempt = async () => {
      await migrate(this.config.postgres.url)
      await this.makeSegmentsAhead()
    }
    const onError = (error: unknown) => {
      if (!(error instanceof PipelineError) || !error.retryable) throw error
      this.storeTrouble = error.message
      this.emit('store:task:failed', { task: 'migrate', error })
    }
    await retryWhile(attempt, { isWanted: () => !this.isStopping, onError })
    this.storeTrouble = null
  }

  private async startParser(): Promise<void> {
    this.pool ??= await this.createPool()
    this.parser ??= this.createParser(this.pool)
    this.pool.start()
    this.parser.wake()
  }

  private async createPool(): Promise<ParsePool> {
    const { arena, config } = this
    const workerData: WorkerData = {
      settings: parserSettings(config),
      memory: arena.memory,
      module: await loadKernelModule(),
    }
    return new ParsePool({
      slots: arena.slots,
      worker: this.worker,
      workerData,
      timeoutMs: config.parse.timeoutMs,
      onFailed: error => this.supervisor.exited(PARSE_POOL, error),
    })
  }

  private createParser(pool: ParsePool): Parser {
    const { arena, emit, source } = this
    return new Parser({
      arena,
      pool,
      partitions: () => source.partitions.size,
      deliver: batch => this.sink.deliver(keyOf(batch.claim.topic, batch.claim.partition), batch),
      onRangeDone: (range, nextOffset) => {
        source.holderOf(range.claim)?.rangeDone(range, nextOffset)
        source.wakeFetchers()
      },
      mayFetchAgain: (range, offset) => source.holderOf(range.claim)?.mayFetchAgain(offset) ?? true,
      onHalt: (range, error) => this.haltBehindParsed(range.claim, error),
      emit,
    })
  }

  /** Partitions may have gone: their writers are free, their batches come back, and kept ones are compared. */
  private afterAssignment(): void {
    this.sink.keepOnly(key => this.source.partitions.has(key))
    this.ended(() => undefined)
    void this.positions.compareQuiet().catch(error => {
      if (!(error instanceof PipelineError)) throw error
      this.emit('store:task:failed', { task: 'compare positions', error })
    })
  }

  /** Runs what ends a claim, and lets everybody give back what belongs to it. */
  private ended(end: () => void): void {
    end()
    this.parser?.wake()
    this.sink.sweep()
    this.source.wakeFetchers()
  }

  private haltClaim(claim: Claim, error: PipelineError): void {
    const partition = this.source.holderOf(claim)
    if (partition !== null) this.ended(() => this.source.halt(partition, error))
  }

  /** What the parser cannot read stops a partition, but not what stands before it. */
  private haltBehindParsed(claim: Claim, error: PipelineError): void {
    const partition = this.source.holderOf(claim)
    if (partition === null) return
    partition.haltBehindParsed(error)
    if (partition.isDueToHalt) this.haltClaim(claim, error)
  }

  private committed(claim: Claim): void {
    const partition = this.source.holderOf(claim)
    if (partition === null) return
    if (partition.isDueToHalt) this.haltClaim(claim, partition.haltedBy!)
    const { position: fetched, highWatermark } = partition
    this.emit('source:position:moved', {
      ...partition.name,
      fetched,
      committed: claim.committed,
      highWatermark,
    })
  }

  private makeSegmentsAhead(): Promise<void> {
    return this.segments.ensureAhead(Date.now(), this.config.storage.segmentsAhead)
  }

  /** Closes the top and lets it flow; false when something had to be abandoned. */
  async stop(reason: string): Promise<boolean> {
    const deadlineMs = this.config.shutdown.deadlineMs
    const startedAt = performance.now()
    this.isStopping = true
    this.emit('supervisor:stop:requested', { reason, deadlineMs })
    void this.source.drain()
    const hasFlownOut = await this.flowOut(startedAt + deadlineMs * GRACEFUL_SHARE)
    const hasStopped = await this.supervisor.stop(startedAt + deadlineMs)
    this.source.stop()
    const isClean = hasFlownOut && hasStopped
    this.emit('supervisor:stop:completed', { durationMs: performance.now() - startedAt, clean: isClean })
    this.end.resolve()
    return isClean
  }

  private async flowOut(deadline: number): Promise<boolean> {
    const isEmpty = () =>
      (this.parser?.isIdle ?? true) &&
      [...this.source.partitions.values()].every(partition => !partition.isBusy) &&
      this.sink.isIdle
    while (!isEmpty()) {
      if (performance.now() > deadline) return false
      await new Promise(resolve => setTimeout(resolve, DRAIN_LOOK_MS))
    }
    return true
  }

  snapshot(): Snapshot {
    return takeSnapshot(this)
  }

  facts(): EngineFacts {
    return factsOf(this)
  }
}
