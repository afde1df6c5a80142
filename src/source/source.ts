/**
 * The first stage: follows the group's assignment, claims partitions, fetches and hands ranges to the parser.
 * Neighbours: kafka/adapter.ts (the broker), partition.ts (state), fetcher.ts (loops); the engine gives claim and parse.
 */
import type { Arena } from '../arena/arena.ts'
import type { Claim, Range } from '../arena/descriptors.ts'
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { Backoff, delay, retryWhile } from '../supervisor/backoff.ts'
import { Fetcher } from './fetcher.ts'
import { compareFingerprint } from './fingerprint.ts'
import type { KafkaAdapter } from './kafka/adapter.ts'
import { findRawRecord, type RawRecord } from './kafka/raw-record.ts'
import { Partition, type StoredPosition } from './partition.ts'

export interface SourceDeps {
  readonly adapter: KafkaAdapter
  readonly arena: Arena
  readonly fetchWaitMs: number
  readonly partitionFetchBytes: number
  readonly parse: (range: Range) => void
  /** Writes the tokens into `offsets` and says where to go on, per partition. */
  readonly claim: (topic: string, tokens: ReadonlyMap<number, string>) => Promise<Map<number, StoredPosition>>
  /** After every assignment: partitions may have gone, and kept ones may have been somebody else's meanwhile. */
  readonly onAssigned: () => void
  readonly emit: Emit
}

/** The broker's high watermark may trail after an election: ask this often, then believe that the batch is gone. */
const FINGERPRINT_ATTEMPTS = 20
const FINGERPRINT_PAUSE_MS = 500
const OFFSET_OUT_OF_RANGE = 1
/** A heartbeat under way when we were fenced proves nothing; the one after the next was surely sent later. */
const HEARTBEATS_BEFORE_RECLAIM = 2

export class Source {
  readonly partitions = new Map<string, Partition>()
  private readonly deps: SourceDeps
  private readonly fetchers = new Map<number, Fetcher>()
  private readonly fencedFor = new Map<Partition, number>()
  private refreshing = false
  private readonly refreshBackoff = new Backoff()
  private isDraining = false

  constructor(deps: SourceDeps) {
    this.deps = deps
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
      void this.claim(
        topic,
        added.filter(partition => partition.topic === topic),
      )
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
    const durationMs = performance.now() - startedAt
    for (const partition of waiting()) {
      const position = stored.get(partition.partition)
      if (position === undefined) continue
      partition.begin(position)
      this.deps.emit('source:partition:claimed', {
        ...partition.name,
        nextOffset: position.nextOffset,
        durationMs,
      })
      void this.follow(partition)
    }
  }

  private claimFailed(topic: string, error: unknown): void {
    const failure =
      error instanceof PipelineError ? error : new PipelineError('POSTGRES_UNAVAILABLE', { topic }, error)
    this.deps.emit('store:task:failed', { task: `claim ${topic}`, error: failure })
  }

  private isOurs(partition: Partition): boolean {
    return this.partitions.get(keyOf(partition.topic, partition.partition)) === partition
  }

  /** Finds the leader, checks the fingerprint there, and lets the leader's fetcher see the partition. */
  private async follow(partition: Partition): Promise<void> {
    partition.leader = this.deps.adapter.leaderOf(partition.topic, partition.partition)
    if (partition.leader === null) {
      this.refreshLeaders()
      return
    }
    this.fetcherOf(partition.leader)
    if (partition.unchecked !== null) await this.checkFingerprint(partition)
    this.wakeFetchers()
  }

  private fetcherOf(broker: number): Fetcher {
    const present = this.fetchers.get(broker)
    if (present !== undefined) return present
    const { arena, adapter, emit, fetchWaitMs, partitionFetchBytes } = this.deps
    const fetcher = new Fetcher({
      broker,
      input: arena.input,
      view: arena.view,
      bytes: arena.bytes,
      fetchWaitMs,
      partitionFetchBytes,
      fetch: (plan, target) => adapter.fetch(broker, plan, target),
      partitions: () => [...this.partitions.values()].filter(({ leader }) => leader === broker),
      onPartitionError: (partition, code) => this.onPartitionError(partition, code),
      onHalt: (partition, error) => this.halt(partition, error),
      onMoved: partition => this.moved(partition),
      emit,
    })
    this.fetchers.set(broker, fetcher)
    fetcher.start()
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

  private async checkFingerprint(partition: Partition): Promise<void> {
    const { claim, unchecked } = partition
    if (unchecked === null) return
    for (let attempt = 0; attempt < FINGERPRINT_ATTEMPTS; attempt++) {
      const verdict = await this.askFingerprint(partition)
      if (partition.claim !== claim || partition.unchecked !== unchecked || !this.isOurs(partition)) return
      if (verdict === 'network') return this.onPartitionError(partition, LEADER_LOST)
      if (verdict === 'same' || verdict === 'gone') {
        partition.unchecked = null
        return
      }
      if (verdict === 'differs') break
      await delay(FINGERPRINT_PAUSE_MS)
    }
    if (await this.deps.adapter.isCompacted(partition.topic).catch(() => false)) partition.unchecked = null
    else
      this.halt(
        partition,
        new PipelineError('FINGERPRINT_MISMATCH', {
          ...partition.name,
          nextOffset: claim!.committed,
          baseOffset: unchecked.baseOffset,
          crc: unchecked.crc,
        }),
      )
  }

  private async askFingerprint(
    partition: Partition,
  ): Promise<ReturnType<typeof compareFingerprint> | 'network'> {
    const { unchecked, leader } = partition
    if (unchecked === null || leader === null) return 'network'
    try {
      const answer = await this.fetcherOf(leader).errand(onlyBatchAt(partition, unchecked.baseOffset))
      return compareFingerprint(unchecked, answer)
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      return 'network'
    }
  }

  /** The record at an offset with its bytes, or null when the broker does not have it any more. */
  async rawRecord(topic: string, partition: number, offset: number): Promise<RawRecord | null> {
    const leader = this.deps.adapter.leaderOf(topic, partition)
    if (leader === null)
      throw new PipelineError('KAFKA_REQUEST_FAILED', {
        request: 'Fetch',
        topic,
        partition,
        reason: 'no leader',
      })
    const { response, view } = await this.fetcherOf(leader).errand(onlyBatchAt({ topic, partition }, offset))
    const [answer] = response.partitions
    if (answer?.errorCode === OFFSET_OUT_OF_RANGE) return null
    if (answer === undefined || answer.errorCode !== 0) {
      throw new PipelineError('KAFKA_REQUEST_FAILED', {
        request: 'Fetch',
        topic,
        partition,
        errorCode: answer?.errorCode ?? -1,
      })
    }
    return findRawRecord(Buffer.from(view.buffer, view.byteOffset + answer.address, answer.bytes), offset)
  }

  private onPartitionError(partition: Partition, errorCode: number): void {
    if (!this.isOurs(partition) || partition.claim === null) return
    if (errorCode === OFFSET_OUT_OF_RANGE) {
      void this.outOfRange(partition)
      return
    }
    partition.leader = null
    partition.unchecked = partition.claim.fingerprint
    this.refreshLeaders()
  }

  /** Halts where the broker's log does not reach our position (any more); a trailing high watermark is no reason. */
  private async outOfRange(partition: Partition): Promise<void> {
    const { claim, position, topic } = partition
    partition.leader = null
    try {
      const logStart =
        (await this.deps.adapter.logStarts(topic, [partition.partition])).get(partition.partition) ?? 0
      const logEnd =
        (await this.deps.adapter.offsetsAt(topic, [partition.partition], -1)).get(partition.partition) ?? 0
      if (partition.claim !== claim || partition.position !== position) return
      if (position < logStart || position > logEnd) {
        this.halt(
          partition,
          new PipelineError('OFFSET_OUT_OF_RANGE', { ...partition.name, offset: position, logStart, logEnd }),
        )
        return
      }
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
    }
    partition.unchecked = partition.claim?.fingerprint ?? null
    this.refreshLeaders()
  }

  /** Asks for new metadata until every partition has a leader again. */
  private refreshLeaders(): void {
    if (this.refreshing) return
    this.refreshing = true
    void this.refreshUntilLed().finally(() => {
      this.refreshing = false
      this.refreshBackoff.reset()
    })
  }

  private async refreshUntilLed(): Promise<void> {
    const leaderless = () =>
      [...this.partitions.values()].filter(p => p.leader === null && p.modes.is('consuming'))
    while (!this.isDraining && leaderless().length > 0) {
      await delay(this.refreshBackoff.next())
      try {
        await this.deps.adapter.refreshMetadata()
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error
        this.deps.emit('source:fetch:failed', { broker: -1, error })
        continue
      }
      await Promise.all(leaderless().map(partition => this.followIfLed(partition)))
    }
  }

  private async followIfLed(partition: Partition): Promise<void> {
    if (this.deps.adapter.leaderOf(partition.topic, partition.partition) !== null)
      await this.follow(partition)
  }

  halt(partition: Partition, error: PipelineError): void {
    if (!partition.modes.is('claiming', 'consuming', 'draining')) return
    for (const fetcher of this.fetchers.values()) fetcher.forget(partition)
    partition.halt(error)
    this.deps.emit('source:partition:halted', { ...partition.name, nextOffset: partition.parsed, error })
  }

  /** The partition that a claim belongs to, while it does. */
  holderOf(claim: Claim): Partition | null {
    const partition = this.partitions.get(keyOf(claim.topic, claim.partition))
    return partition?.claim === claim ? partition : null
  }

  /** Another token stands in `offsets`: ours no more, unless the group says otherwise at a later heartbeat. */
  fenced(claim: Claim): void {
    const partition = this.holderOf(claim)
    if (partition === null) return
    partition.reclaim()
    if (!this.isDraining) this.fencedFor.set(partition, HEARTBEATS_BEFORE_RECLAIM)
  }

  heartbeat(): void {
    for (const [partition, left] of this.fencedFor) {
      if (left > 1) this.fencedFor.set(partition, left - 1)
      else {
        this.fencedFor.delete(partition)
        void this.claim(partition.topic, [partition])
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
    void this.follow(partition)
  }

  wakeFetchers(): void {
    for (const fetcher of this.fetchers.values()) fetcher.wake()
  }

  /** Fetches nothing more; resolves when the fetches in flight are done. What was fetched flows on. */
  async drain(): Promise<void> {
    this.isDraining = true
    for (const partition of this.partitions.values()) partition.drain()
    await Promise.all([...this.fetchers.values()].map(fetcher => fetcher.stop()))
  }

  /** Gives up every partition. */
  stop(): void {
    for (const [key, partition] of this.partitions) this.release(key, partition)
  }
}

/** Stands for "ask for the leader again". */
const LEADER_LOST = -3

export const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`

/** A Fetch that brings the one batch that holds `offset`: the first batch of a request comes whole whatever its size. */
const onlyBatchAt = ({ topic, partition }: { topic: string; partition: number }, offset: number) => ({
  maxWaitMs: 0,
  maxBytes: 1,
  partitions: [{ topic, partition, offset, maxBytes: 1 }],
})
