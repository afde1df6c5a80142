/**
 * The first stage: follows the group's assignment, claims partitions, fetches and hands ranges to the parser.
 * Neighbours: kafka/adapter.ts (the broker), partition.ts (state), fetcher.ts (loops); the engine gives claim and parse.
 */
import type { Arena } from '../arena/arena.ts'
import type { Claim, Range } from '../arena/descriptors.ts'
import { type ErrorContext, named, PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { retryWhile } from '../supervisor/backoff.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import { Fetcher, type FetcherFacts } from './fetcher.ts'
import type { KafkaAdapter } from './kafka/adapter.ts'
import { findRawRecord, type RawRecord } from './kafka/raw-record.ts'
import { batchAt, Leadership, OFFSET_OUT_OF_RANGE } from './leadership.ts'
import { type ClaimedPosition, Partition, type StoredPosition } from './partition.ts'

export interface SourceDeps {
  readonly adapter: KafkaAdapter
  readonly arena: Arena
  readonly fetchWaitMs: number
  readonly partitionFetchBytes: number
  readonly parse: (range: Range) => void
  /** Writes the tokens into `offsets` and says where to go on, per partition. */
  readonly claim: (
    topic: string,
    tokens: ReadonlyMap<number, string>,
  ) => Promise<Map<number, ClaimedPosition>>
  /** The log of the partition starts beyond its position: halt by `error`, or pass what was deleted. */
  readonly onBehind: (partition: Partition, logStart: number, error: PipelineError) => void
  /** A broker does not know a topic that we read. */
  readonly onUnknownTopic: () => void
  /** Claims ended: whoever holds something of them gives it back. */
  readonly onEnded: () => void
  /** After every assignment: partitions may have gone, and kept ones may have been somebody else's meanwhile. */
  readonly onAssigned: () => void
  /** Runs the fetcher of a broker that we had none for. */
  readonly supervisor: Pick<Supervisor, 'add' | 'exited'>
  readonly emit: Emit
}

/** A heartbeat under way when we were fenced proves nothing; the one after the next was surely sent later. */
const HEARTBEATS_BEFORE_RECLAIM = 2

export class Source {
  readonly partitions = new Map<string, Partition>()
  private readonly deps: SourceDeps
  private readonly fetchers = new Map<number, Fetcher>()
  private readonly fencedFor = new Map<Partition, number>()
  private readonly leadership: Leadership
  private isDraining = false

  constructor(deps: SourceDeps) {
    this.deps = deps
    this.leadership = new Leadership({
      adapter: deps.adapter,
      partitions: () => this.partitions.values(),
      errand: (broker, plan) => this.fetcherOf(broker).errand(plan),
      onLed: (_, broker) => this.fetcherOf(broker).wake(),
      onHalt: (partition, error) => this.halt(partition, error),
      onBehind: deps.onBehind,
      onRecreated: (topic, id) => this.compareTopicIds(new Map([[topic, id]])),
      onUnknownTopic: deps.onUnknownTopic,
      emit: deps.emit,
    })
    deps.arena.input.onReturn = () => this.wakeFetchers()
  }

  /** The group's new assignment, whole. */
  assign(assignment: Readonly<Record<string, readonly number[]>>): void {
    if (this.isDraining) return
    const wanted = new Set<string>()
    const added: Partition[] = []
    for (const [topic, numbers] of Object.entries(assignment)) {
      for (const number of numbers) {
        const key = keyOf(topic, number)
        wanted.add(key)
        if (this.partitions.has(key)) continue
        const partition = new Partition(topic, number, this.deps.parse)
        this.partitions.set(key, partition)
        added.push(partition)
      }
    }
    for (const [key, partition] of this.partitions) if (!wanted.has(key)) this.release(key, partition)
    for (const topic of new Set(added.map(partition => partition.topic))) {
      const ofTopic = added.filter(partition => partition.topic === topic)
      this.apart(ofTopic, this.claim(topic, ofTopic))
    }
    this.deps.onAssigned()
  }

  private release(key: string, partition: Partition): void {
    this.partitions.delete(key)
    this.fencedFor.delete(partition)
    for (const fetcher of this.fetchers.values()) fetcher.forget(partition)
    partition.release()
    this.deps.emit('source:partition:released', { ...partition.name, nextOffset: partition.parsed })
  }

  private async claim(topic: string, partitions: readonly Partition[]): Promise<void> {
    const startedAt = performance.now()
    const waiting = () =>
      partitions.filter(partition => this.isOurs(partition) && partition.modes.is('claiming'))
    const stored = await retryWhile(
      () => this.deps.claim(topic, new Map(waiting().map(({ partition, token }) => [partition, token]))),
      { isWanted: () => waiting().length > 0, onError: error => this.claimFailed(topic, error) },
    )
    if (stored === null) return
    this.deps.emit('store:task:completed', { task: `claim ${topic}` })
    const durationMs = performance.now() - startedAt
    for (const partition of waiting()) {
      const position = stored.get(partition.partition)
      if (position === undefined) continue
      partition.kafkaTopicId = position.kafkaTopicId
      partition.isTopicInDoubt = false
      partition.begin(position)
      this.deps.emit('source:partition:claimed', {
        ...partition.name,
        nextOffset: position.nextOffset,
        durationMs,
      })
      this.apart([partition], this.leadership.follow(partition))
    }
  }

  /** Work that nobody waits for: what is thrown there halts the partitions concerned, by name. */
  private apart(partitions: readonly Partition[], work: Promise<void>): void {
    work.catch(error => {
      for (const partition of partitions) if (this.isOurs(partition)) this.halt(partition, named(error))
    })
  }

  private claimFailed(topic: string, error: unknown): void {
    const failure =
      error instanceof PipelineError ? error : new PipelineError('POSTGRES_UNAVAILABLE', { topic }, error)
    this.deps.emit('store:task:failed', { task: `claim ${topic}`, error: failure })
  }

  private isOurs(partition: Partition): boolean {
    return this.partitions.get(keyOf(partition.topic, partition.partition)) === partition
  }

  private fetcherOf(broker: number): Fetcher {
    const present = this.fetchers.get(broker)
    if (present !== undefined) return present
    const { arena, adapter, emit, fetchWaitMs, partitionFetchBytes, supervisor } = this.deps
    const name = `fetcher ${broker}`
    const fetcher = new Fetcher({
      broker,
      input: arena.input,
      view: arena.view,
      bytes: arena.bytes,
      fetchWaitMs,
      partitionFetchBytes,
      fetch: (plan, target) => adapter.fetch(broker, plan, target),
      partitions: () => [...this.partitions.values()].filter(({ leader }) => leader === broker),
      onPartitionError: (partition, code) => {
        if (this.isOurs(partition)) this.apart([partition], this.leadership.answeredWith(partition, code))
      },
      onOutOfSight: partition => {
        partition.isTopicInDoubt = true
        this.apart([partition], this.leadership.follow(partition))
      },
      onHalt: (partition, error) => this.halt(partition, error),
      onMoved: partition => this.moved(partition),
      onFailed: error => supervisor.exited(name, error),
      emit,
    })
    this.fetchers.set(broker, fetcher)
    supervisor
      .add({ name, restart: 'permanent', part: fetcher })
      .catch(error => supervisor.exited(name, named(error)))
    return fetcher
  }

  private moved(partition: Partition): void {
    const { claim, position, highWatermark } = partition
    if (claim === null) return
    this.deps.emit('source:position:moved', {
      ...partition.name,
      fetched: position,
      committed: claim.committed,
      highWatermark,
    })
  }

  /** The record at an offset with its bytes, or null when the broker does not have it any more. */
  async rawRecord(topic: string, partition: number, offset: number): Promise<RawRecord | null> {
    const failed = (facts: ErrorContext) =>
      new PipelineError('KAFKA_REQUEST_FAILED', { request: 'Fetch', topic, partition, offset, ...facts })
    const leader = this.deps.adapter.leaderOf(topic, partition)
    if (leader === null) throw failed({ reason: 'no leader' })
    const { response, view } = await this.fetcherOf(leader).errand(batchAt({ topic, partition }, offset))
    const [answer] = response.partitions
    if (answer?.errorCode === OFFSET_OUT_OF_RANGE) return null
    if (answer === undefined || answer.errorCode !== 0) throw failed({ errorCode: answer?.errorCode ?? -1 })
    return findRawRecord(Buffer.from(view.buffer, view.byteOffset + answer.address, answer.bytes), offset)
  }

  halt(partition: Partition, error: PipelineError): void {
    if (!partition.modes.is('claiming', 'consuming', 'draining')) return
    for (const fetcher of this.fetchers.values()) fetcher.forget(partition)
    partition.halt(error)
    this.deps.emit('source:partition:halted', { ...partition.name, nextOffset: partition.parsed, error })
  }

  /** Every claim that is held now. */
  claims(): Claim[] {
    return [...this.partitions.values()].flatMap(({ claim }) => (claim === null ? [] : [claim]))
  }

  /** The partition that a claim belongs to, while it does. */
  holderOf(claim: Claim): Partition | null {
    const partition = this.partitions.get(keyOf(claim.topic, claim.partition))
    return partition?.claim === claim ? partition : null
  }

  /**
   * What the brokers say of the topics that we read: one with another id than was claimed was deleted and made anew.
   * What is under way for it belongs to the old one, and a new claim begins the new one.
   */
  compareTopicIds(ids: ReadonlyMap<string, string>): void {
    if (this.isDraining) return
    for (const [topic, id] of ids) {
      const others = [...this.partitions.values()].filter(
        partition =>
          partition.topic === topic &&
          partition.kafkaTopicId !== null &&
          partition.kafkaTopicId !== id &&
          !partition.modes.is('claiming'),
      )
      if (others.length === 0) continue
      this.deps.emit('source:topic:recreated', { topic, partitions: others.length })
      for (const partition of others) {
        for (const fetcher of this.fetchers.values()) fetcher.forget(partition)
        partition.reclaim()
      }
      this.deps.onEnded()
      this.apart(others, this.claim(topic, others))
    }
  }

  /** Another token stands in `offsets`: ours no more, unless the group says otherwise at a later heartbeat. */
  fenced(claim: Claim): void {
    const partition = this.holderOf(claim)
    if (partition === null) return
    partition.reclaim()
    if (!this.isDraining) this.fencedFor.set(partition, HEARTBEATS_BEFORE_RECLAIM)
  }

  /** Gives up a claim that is still ours, with all that is under way for it, and makes a new one at once. */
  reclaim(claim: Claim): void {
    const partition = this.holderOf(claim)
    if (partition === null) return
    partition.reclaim()
    if (!this.isDraining) this.apart([partition], this.claim(partition.topic, [partition]))
  }

  heartbeat(): void {
    for (const [partition, left] of this.fencedFor) {
      if (left > 1) this.fencedFor.set(partition, left - 1)
      else {
        this.fencedFor.delete(partition)
        this.apart([partition], this.claim(partition.topic, [partition]))
      }
    }
  }

  /** The database went back (failover, crash with asynchronous commit): fetch again from what it has. */
  rewind(claim: Claim, stored: StoredPosition): void {
    const partition = this.holderOf(claim)
    if (partition === null) return
    if (this.isDraining) {
      partition.reclaim()
      return
    }
    partition.begin(stored)
    this.apart([partition], this.leadership.follow(partition))
  }

  get fetcherFacts(): FetcherFacts[] {
    return [...this.fetchers.values()].map(({ facts }) => facts)
  }

  wakeFetchers(): void {
    for (const fetcher of this.fetchers.values()) fetcher.wake()
  }

  /** Fetches nothing more; resolves when the fetches in flight are done. What was fetched flows on. */
  async drain(): Promise<void> {
    this.isDraining = true
    this.leadership.stop()
    for (const partition of this.partitions.values()) partition.drain()
    await Promise.all([...this.fetchers.values()].map(fetcher => fetcher.stop()))
  }

  /** Gives up every partition. */
  stop(): void {
    for (const [key, partition] of this.partitions) this.release(key, partition)
  }
}

export const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`
