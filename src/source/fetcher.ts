/**
 * One broker's fetch loop: one raw Fetch in flight, for every partition it leads that has room, into one input region.
 * Free space is the only backpressure: no room in the arena, no Fetch. Neighbours: partition.ts, kafka/adapter.ts.
 */
import type { Account } from '../arena/account.ts'
import type { Region } from '../arena/region.ts'
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { readableEnd } from '../snapshot.ts'
import { Backoff } from '../supervisor/backoff.ts'
import { Signal } from '../supervisor/signal.ts'
import { ArenaTarget } from './arena-target.ts'
import { type ErrandAnswer, Errands } from './errands.ts'
import { FetchOrder } from './fetch-order.ts'
import { restMs } from './fetch-rest.ts'
import type { FetchPlan } from './kafka/fetch-request.ts'
import {
  type FetchedPartition,
  type FetchResponse,
  readFetchResponse,
  wholeBatches,
} from './kafka/fetch-response.ts'
import type { FrameTarget } from './kafka/frames.ts'
import type { Partition } from './partition.ts'

export interface FetcherDeps {
  readonly broker: number
  readonly input: Account
  readonly view: DataView
  readonly bytes: Uint8Array
  readonly fetchWaitMs: number
  readonly partitionFetchBytes: number
  readonly fetch: (plan: FetchPlan, target: FrameTarget) => Promise<void>
  /** All partitions that this broker leads now. */
  readonly partitions: () => readonly Partition[]
  /** The broker answered with an error for this partition; null: it did not answer. */
  readonly onPartitionError: (partition: Partition, errorCode: number | null) => void
  /** Nothing was heard of the partition's topic for a while: it is to be looked at before the next Fetch. */
  readonly onOutOfSight: (partition: Partition) => void
  readonly onHalt: (partition: Partition, error: PipelineError) => void
  /** A partition moved: fetched further, or a new high watermark. */
  readonly onMoved: (partition: Partition) => void
  /** The loop ended by an error that nobody foresaw; `stop` and `start` begin it anew. */
  readonly onFailed: (error: Error) => void
  readonly emit: Emit
}

export interface FetcherFacts {
  readonly broker: number
  /** That this broker leads. */
  readonly partitions: number
  readonly errandsWaiting: number
  /** No Fetch is sent with less room for its answer. */
  readonly leastFrameBytes: number
  /** Some partition's frames were too large to share a Fetch. */
  readonly asksAlone: boolean
  /** The broker asked us to wait for so long. */
  readonly throttledMs: number
}

/** The largest frame asked for; more in one go gains nothing and takes the arena from others. */
const MAX_FETCH_BYTES = 8 * 1024 * 1024
/** Room for a response's grammar around the record sets, per partition (topic name included) and in all. */
const FRAME_BYTES_PER_PARTITION = 384
const FRAME_BYTES = 64
/** The long poll while a partition had to be left out. */
const SHORT_WAIT_MS = 10

export class Fetcher {
  readonly broker: number
  private readonly deps: FetcherDeps
  private readonly news = new Signal()
  /** Ends the pause after a failure; room or partitions that come meanwhile do not. */
  private readonly ending = new Signal()
  private readonly errands: Errands
  private readonly backoff = new Backoff()
  private readonly order: FetchOrder
  private throttledUntil = 0
  /** By performance.now(). */
  private restsUntil = 0
  private stopping = false
  private loop: Promise<void> | null = null

  constructor(deps: FetcherDeps) {
    this.deps = deps
    this.broker = deps.broker
    this.order = new FetchOrder(deps.partitionFetchBytes, deps.input.bytes)
    this.errands = new Errands(deps.fetch)
  }

  start(): void {
    this.stopping = false
    this.loop = this.run().catch(this.deps.onFailed)
  }

  /** Something changed: room in the arena, a partition, an errand. */
  wake(): void {
    this.news.raise()
  }

  /** For /debug. */
  get facts(): FetcherFacts {
    return {
      broker: this.broker,
      partitions: this.deps.partitions().length,
      errandsWaiting: this.errands.waiting,
      leastFrameBytes: this.order.leastBytes,
      asksAlone: this.order.hasAlone,
      throttledMs: Math.max(0, this.throttledUntil - Date.now()),
    }
  }

  /** Fetches no more; resolves when the fetch in flight is done. Errands that wait are refused. */
  async stop(): Promise<void> {
    this.stopping = true
    this.news.raise()
    this.ending.raise()
    await this.loop
    this.errands.refuseAll()
  }

  /** A Fetch between the others that takes no room in the arena: for fingerprints and for raw records. */
  errand(plan: FetchPlan): Promise<ErrandAnswer> {
    const answer = this.errands.add(plan)
    if (this.stopping) this.errands.refuseAll()
    this.news.raise()
    return answer
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      if (await this.errands.runOne()) continue
      const pauseMs = Math.max(this.throttledUntil - Date.now(), this.restsUntil - performance.now())
      const poll = pauseMs > 0 ? null : this.planPoll()
      if (poll === null) await this.news.wait(pauseMs > 0 ? pauseMs : undefined)
      else await this.poll(poll)
    }
  }

  /** The partitions and the region of the next Fetch, or null when there is nothing to ask for or no room. */
  private planPoll(): Poll | null {
    const led = this.deps.partitions()
    for (const partition of led) if (partition.isOutOfSight) this.deps.onOutOfSight(partition)
    const ready = led.filter(partition => partition.hasRoom)
    const lonely = this.order.nextAlone(ready)
    if (lonely !== null) return this.planAlone(lonely.partition, lonely.bytes)
    // Whom it may have been kept for cannot be asked now: nobody else must wait for that.
    this.deps.input.release(this)
    if (ready.length === 0) return null
    const { leastBytes } = this.order
    const wanted = Math.max(
      leastBytes,
      Math.min(MAX_FETCH_BYTES, ready.length * this.deps.partitionFetchBytes),
    )
    const frame = FRAME_BYTES + led.length * FRAME_BYTES_PER_PARTITION
    const region = this.deps.input.allocateUpTo(wanted + frame, leastBytes + frame)
    if (region === null) return null
    return {
      partitions: this.order.sorted(ready),
      region,
      maxBytes: Math.min(wanted, region.bytes - frame),
      leftOut: led.some(({ modes, hasRoom }) => modes.is('consuming') && !hasRoom),
    }
  }

  private planAlone(partition: Partition, bytes: number): Poll | null {
    const { input } = this.deps
    if (!input.reserve(this)) return null
    const region = input.allocate(bytes, this)
    if (region === null) return null
    input.release(this)
    return { partitions: [partition], region, maxBytes: this.deps.partitionFetchBytes, leftOut: true }
  }

  private async poll({ partitions, region, maxBytes, leftOut }: Poll): Promise<void> {
    const { partitionFetchBytes, fetchWaitMs, emit, fetch } = this.deps
    const asked = partitions.map(partition => ({
      partition,
      claim: partition.claim!,
      offset: partition.position,
    }))
    const target = new ArenaTarget(this.deps.input, this.deps.bytes, region)
    const startedAt = performance.now()
    try {
      await fetch(
        {
          maxWaitMs: leftOut ? Math.min(SHORT_WAIT_MS, fetchWaitMs) : fetchWaitMs,
          maxBytes,
          partitions: asked.map(({ partition, offset }) => ({
            ...partition.name,
            offset,
            maxBytes: partitionFetchBytes,
          })),
        },
        target,
      )
      const response = readFetchResponse(this.deps.view, target.region.address, target.filled)
      this.take(response, asked, target.region)
      this.backoff.reset()
      this.restsUntil = startedAt + restMs(target.filled)
      const durationMs = performance.now() - startedAt
      emit('source:fetch:completed', {
        broker: this.broker,
        bytes: target.filled,
        partitions: asked.length,
        durationMs,
      })
    } catch (error) {
      if (target.refusedBytes !== null) this.refused(partitions, target.refusedBytes)
      else await this.failed(error, partitions)
    } finally {
      target.region.trim(target.filled)
      target.region.release()
    }
  }

  private unusable(reason: string): PipelineError {
    return new PipelineError('KAFKA_REQUEST_FAILED', { request: 'Fetch', broker: this.broker, reason })
  }

  private take(response: FetchResponse, asked: readonly Asked[], region: Region): void {
    if (response.throttleMs > 0) this.throttledUntil = Date.now() + response.throttleMs
    if (response.errorCode !== 0) {
      throw new PipelineError('KAFKA_REQUEST_FAILED', {
        request: 'Fetch',
        broker: this.broker,
        errorCode: response.errorCode,
      })
    }
    const hungry: Partition[] = []
    const fed: Partition[] = []
    const nowMs = Date.now()
    const questions = response.partitions.map(answer => questionOf(answer, asked))
    // Each asked partition is answered once; with another number in its place records would be taken for another's.
    if (new Set(questions).size < questions.length)
      throw this.unusable('an answer for a partition came twice')
    for (const [n, answer] of response.partitions.entries()) {
      const question = questions[n]
      if (question === undefined || question.claim !== question.partition.claim) continue
      const isFed = this.takePartition(answer, question, region, nowMs)
      ;(isFed ? fed : hungry).push(question.partition)
    }
    this.order.answered(hungry, fed)
  }

  /** @returns false where the partition is to be first next time: there are records ahead of it, and none came */
  private takePartition(
    answer: FetchedPartition,
    { partition, claim, offset }: Asked,
    region: Region,
    nowMs: number,
  ): boolean {
    if (answer.errorCode !== 0) {
      this.deps.onPartitionError(partition, answer.errorCode)
      return true
    }
    partition.seenAt = performance.now()
    partition.highWatermark = answer.highWatermark
    partition.lastStable = answer.lastStable
    const { view } = this.deps
    const whole = wholeBatches(view, answer.address, answer.bytes, offset, partition.continuity)
    if (whole.isDoubtful) this.deps.emit('source:batch:doubted', { ...partition.name, offset })
    if (whole.nextOffset !== null && whole.nextOffset > offset) {
      this.order.gotWhole(partition)
      const { address } = answer
      partition.accept({
        claim,
        region: region.retain(),
        address,
        bytes: whole.bytes,
        firstOffset: offset,
        nextOffset: whole.nextOffset,
        nowMs,
        abortedAt: answer.abortedAt,
        abortedCount: answer.abortedCount,
      })
    } else if (answer.bytes === 0) this.order.gotNothing(partition)
    else if (!whole.isDoubtful && this.order.gotCut(partition)) this.haltAtCut(partition, offset)
    this.deps.onMoved(partition)
    const end = readableEnd(answer)
    return partition.position > offset || partition.position >= end
  }

  private haltAtCut(partition: Partition, offset: number): void {
    const facts = { ...partition.name, offset, reason: 'no whole batch in the answer' }
    this.deps.onHalt(partition, new PipelineError('KAFKA_BATCH_CORRUPT', facts))
  }

  private async failed(error: unknown, partitions: readonly Partition[]): Promise<void> {
    const failure =
      error instanceof PipelineError
        ? error
        : new PipelineError('KAFKA_REQUEST_FAILED', { broker: this.broker }, error)
    this.deps.emit('source:fetch:failed', { broker: this.broker, error: failure })
    for (const partition of partitions) this.deps.onPartitionError(partition, null)
    await this.ending.wait(this.backoff.next())
  }

  /** There was no place for a frame of this size. */
  private refused(partitions: readonly Partition[], bytes: number): void {
    if (!this.order.tooLarge(partitions, bytes)) return
    const [partition] = partitions
    const facts = { ...partition!.name, bytes, limit: this.deps.input.bytes, setting: 'memory.arena' }
    this.deps.onHalt(partition!, new PipelineError('KAFKA_FRAME_TOO_LARGE', facts))
  }

  /** The partition left this broker or us, or was halted. */
  forget(partition: Partition): void {
    this.order.forget(partition)
    if (!this.order.hasAlone) this.deps.input.release(this)
  }
}

const questionOf = ({ topic, partition }: FetchedPartition, asked: readonly Asked[]): Asked | undefined =>
  asked.find(({ partition: p }) => p.topic === topic && p.partition === partition)

interface Poll {
  readonly partitions: readonly Partition[]
  readonly region: Region
  readonly maxBytes: number
  readonly leftOut: boolean
}

interface Asked {
  readonly partition: Partition
  readonly claim: NonNullable<Partition['claim']>
  readonly offset: number
}
