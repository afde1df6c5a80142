/**
 * The parts of the engine, and what each is told of the others. The stages know nothing of each other; every function
 * that one needs of another is handed over here, and is called only once all of them are there.
 */
import { Arena } from '../arena/arena.ts'
import { type Config, hasRole, parserSettings, pipelineFinder, stepContext } from '../config/index.ts'
import type { Emit } from '../events.ts'
import { loadKernelModule } from '../kernel/kernel.ts'
import { JUMBO_FACTOR, STATIC_BYTES, scratchBytes } from '../kernel/layout.ts'
import type { ParserSettings } from '../parse/contract.ts'
import { Parser } from '../parse/parser.ts'
import { ParsePool } from '../parse/pool.ts'
import { runningStep } from '../parse/step-names.ts'
import type { WorkerData } from '../parse/worker-data.ts'
import { Announcer } from '../redis/cache/announcer.ts'
import { instanceName, Mirror } from '../redis/mirror.ts'
import { Refusals } from '../sink/refusals.ts'
import { Turns } from '../sink/turns.ts'
import { Writer } from '../sink/writer.ts'
import type { PartitionSnapshot } from '../snapshot.ts'
import { KafkaAdapter } from '../source/kafka/adapter.ts'
import { Membership } from '../source/membership.ts'
import { keyOf, Source } from '../source/source.ts'
import { StorePool } from '../store/connection.ts'
import { Segments } from '../store/segments.ts'
import { Storekeeper } from '../store/storekeeper.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import { announcementOf } from './announcement.ts'
import { consumerChores, maintenanceChores } from './chores.ts'
import { Claims } from './claims.ts'
import { Gaps } from './gaps.ts'
import { Positions } from './positions.ts'
import { Pressure } from './pressure.ts'
import { accountsOf } from './take-snapshot.ts'
import { nameOf, Writers } from './writers.ts'

export interface PartsDeps {
  readonly config: Config
  readonly emit: Emit
  /** URL of the parse workers' module. */
  readonly worker: string
  readonly supervisor: Supervisor
  /** For the mirror and the pressure. */
  readonly partitions: () => readonly PartitionSnapshot[]
}

/** Children of the supervisor; writers and fetchers have a number besides. */
export const names = {
  pressure: 'pressure',
  turns: 'turns',
  mirror: 'mirror',
  announcer: 'announcer',
  store: 'store',
  parsePool: 'parse pool',
  membership: 'membership',
  storekeeper: 'storekeeper',
} as const

export class Parts {
  readonly arena: Arena
  readonly store: StorePool
  readonly segments: Segments
  readonly adapter: KafkaAdapter
  readonly source: Source
  readonly membership: Membership
  readonly pool: ParsePool
  readonly parser: Parser
  readonly positions: Positions
  readonly turns: Turns
  readonly sink: Writers
  readonly gaps: Gaps
  readonly claims: Claims
  readonly storekeeper: Storekeeper
  readonly pressure: Pressure
  /** Null without redis.url. */
  readonly mirror: Mirror | null
  /** The same. */
  readonly announcer: Announcer | null
  private readonly deps: PartsDeps
  private readonly pipelines: readonly ParserSettings[]

  constructor(deps: PartsDeps) {
    this.deps = deps
    const { config, emit } = deps
    this.pipelines = parserSettings(config)
    this.arena = createArena(config)
    this.store = new StorePool(config.postgres)
    this.segments = new Segments(this.store, config.storage.segment, emit)
    this.adapter = new KafkaAdapter({
      ...config.kafka,
      log: (level, text, details) => {
        if (level === 'debug') emit('source:client:noted', { text, details })
        else emit('source:client:reported', { text, details, isProblem: level === 'warn' })
      },
    })
    this.source = this.createSource()
    this.membership = this.createMembership()
    this.pool = this.createPool()
    this.parser = this.createParser()
    this.positions = this.createPositions()
    this.turns = new Turns({
      writers: config.postgres.writers,
      boundMs: config.postgres.yieldAboveMs,
      isIdle: () => this.sink.isIdle,
      emit,
    })
    this.sink = this.createWriters()
    this.gaps = this.createGaps()
    const { gaps, parser, positions, sink, source } = this
    const onChoreFailed = (error: Error) => deps.supervisor.exited(names.storekeeper, error)
    const { onGap } = config.kafka
    this.claims = new Claims({ gaps, onChoreFailed, onGap, parser, positions, sink, source }, emit)
    this.storekeeper = new Storekeeper({
      chores: [
        ...consumerChores(this.positions),
        ...(hasRole(config, 'maintain') ? maintenanceChores(this, config, emit) : []),
      ],
      onFailed: onChoreFailed,
      emit,
    })
    this.pressure = new Pressure({ partitions: deps.partitions, arena: () => accountsOf(this.arena) })
    this.mirror = this.createMirror()
    this.announcer = config.redis.url === '' ? null : new Announcer({ ...config.redis, emit })
  }

  private createSource(): Source {
    const { adapter, arena, deps } = this
    const { config, emit, supervisor } = deps
    return new Source({
      adapter,
      arena,
      fetchWaitMs: config.kafka.fetchWaitMs,
      partitionFetchBytes: config.kafka.partitionFetchBytes,
      parse: range => this.parser.submit(range),
      claim: (topic, tokens) => this.positions.claim(topic, tokens),
      onAssigned: () => {
        this.claims.assigned()
        this.announcer?.assigned()
      },
      onBehind: (partition, logStart, error) => this.claims.behind(partition, logStart, error),
      onUnknownTopic: () => this.membership.lookSoon(),
      onEnded: () => this.claims.giveBack(),
      supervisor,
      emit,
    })
  }

  private createMembership(): Membership {
    const { adapter, deps, source } = this
    return new Membership({
      adapter,
      topics: deps.config.kafka.topics,
      topicsRefreshMs: deps.config.kafka.topicsRefreshMs,
      onTopicIds: ids => source.compareTopicIds(ids),
      onAssigned: assignment => source.assign(assignment),
      onHeartbeat: () => source.heartbeat(),
      onFailed: error => deps.supervisor.exited(names.membership, error),
      positions: () => this.positions.moved,
      onPublished: positions => this.positions.markPublished(positions),
      emit: deps.emit,
    })
  }

  private createPool(): ParsePool {
    const { arena, deps } = this
    const workerData: WorkerData = {
      pipelines: this.pipelines,
      steps: stepContext(deps.config),
      memory: arena.memory,
      module: loadKernelModule(),
    }
    return new ParsePool({
      slots: arena.slots,
      worker: deps.worker,
      workerData,
      timeoutMs: deps.config.parse.timeoutMs,
      runningStep: task => runningStep(this.pipelines, arena.view, task),
      onFailed: error => deps.supervisor.exited(names.parsePool, error),
    })
  }

  private createParser(): Parser {
    const { arena, deps, pool, source } = this
    return new Parser({
      arena,
      pool,
      pipelines: this.pipelines,
      pipelineOf: pipelineFinder(deps.config),
      partitions: () => source.partitions.size,
      deliver: batch => this.sink.deliver(keyOf(batch.claim.topic, batch.claim.partition), batch),
      onRangeDone: (range, nextOffset) => {
        source.holderOf(range.claim)?.rangeDone(range, nextOffset)
        source.wakeFetchers()
      },
      mayFetchAgain: (range, offset) => source.holderOf(range.claim)?.mayFetchAgain(offset) ?? true,
      onHalt: (range, error) => this.claims.haltBehindParsed(range.claim, error),
      emit: deps.emit,
    })
  }

  private createPositions(): Positions {
    const { adapter, deps, membership, source, store } = this
    return new Positions({
      store,
      adapter,
      membership,
      groupId: deps.config.kafka.groupId,
      start: deps.config.kafka.start,
      claims: () => source.claims(),
      isQuiet: claim => source.holderOf(claim)?.isQuiet === true && !this.sink.holds(claim),
      onFenced: claim => this.claims.fenced(claim),
      onRewound: (claim, stored) => this.claims.rewound(claim, stored),
      onHalt: (claim, error) => this.claims.halt(claim, error),
    })
  }

  private createGaps(): Gaps {
    const { deps, positions, source, store } = this
    return new Gaps({
      store,
      isHeld: claim => source.holderOf(claim)?.modes.is('consuming') === true,
      read: claims => positions.read(claims),
      onPassed: (claim, stored) => this.claims.rewound(claim, stored),
      onFenced: claim => this.claims.fenced(claim),
      onRewound: (claim, stored) => this.claims.rewound(claim, stored),
      onHalt: (claim, error) => this.claims.halt(claim, error),
      emit: deps.emit,
    })
  }

  private createWriters(): Writers {
    const refusals = new Refusals()
    return new Writers({
      count: this.deps.config.postgres.writers,
      create: id => this.createWriter(id, refusals),
      reclaim: claim => this.claims.reclaim(claim),
    })
  }

  private createWriter(id: number, refusals: Refusals): Writer {
    const { arena, deps, segments, source } = this
    const { config, emit, supervisor } = deps
    const fairShare = arena.output.bytes / (2 * config.postgres.writers)
    return new Writer({
      id,
      arena,
      session: {
        ...config.postgres,
        name: `logcollector writer ${id}`,
        columns: config.columns.map(({ name }) => name),
      },
      transactionBytes: Math.min(config.sink.transactionBytes, fairShare),
      transactionIntervalMs: config.sink.transactionIntervalMs,
      refusals,
      turns: this.turns,
      ensureSegments: starts => segments.ensure(starts),
      forgetSegments: starts => segments.forget(starts),
      rawRecord: (claim, offset) => source.rawRecord(claim.topic, claim.partition, offset),
      readPositions: claims => this.positions.read(claims),
      onCommitted: (claim, move) => {
        this.claims.committed(claim)
        this.announcer?.committed(announcementOf(move))
      },
      onFenced: claim => this.claims.fenced(claim),
      onRewound: (claim, stored) => this.claims.rewound(claim, stored),
      onHalt: (claim, error) => this.claims.halt(claim, error),
      onFailed: error => supervisor.exited(nameOf(id), error),
      emit,
    })
  }

  private createMirror(): Mirror | null {
    const { config, emit, partitions } = this.deps
    const { kafka, redis } = config
    if (redis.url === '') return null
    return new Mirror({
      url: redis.url,
      prefix: redis.prefix,
      groupId: kafka.groupId,
      instance: instanceName(),
      partitions,
      pressure: () => this.pressure.snapshot(),
      emit,
    })
  }
}

function createArena({ memory, workers, limits }: Config): Arena {
  return new Arena({
    bytes: memory.arenaBytes,
    staticBytes: STATIC_BYTES,
    slots: workers,
    slotBytes: scratchBytes(limits),
    jumboBytes: JUMBO_FACTOR * limits.maxRecordBytes,
  })
}
