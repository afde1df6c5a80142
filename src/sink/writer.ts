/**
 * The third stage: one Postgres connection that commits the parsed batches of its partitions, self-clocking: while one
 * transaction runs, batches pile up; the next takes all that is ready.
 *
 *   connecting ──► ready ──► committing ──► ready …
 *        ▲                       │
 *        └───────── settling ◄───┘      after any failure: what became of the positions?
 */
import type { Arena } from '../arena/arena.ts'
import type { Claim, ParsedBatch } from '../arena/descriptors.ts'
import { messageOf, PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { Backoff } from '../supervisor/backoff.ts'
import { Modes, type Transitions } from '../supervisor/modes.ts'
import { Signal } from '../supervisor/signal.ts'
import { classify, rowNamedBy, type Stage } from './classify.ts'
import { deadLettersOf, type RawRecordSource } from './dead-letters.ts'
import { describeFailure, type FailureFacts } from './failure.ts'
import type { Refusals } from './refusals.ts'
import { type Backend, Session, type SessionOptions } from './session.ts'
import { judge, type StoredPosition } from './settle.ts'
import { Pending, type Slice } from './slice.ts'
import { encodeTail } from './tail.ts'
import { type Move, Transaction } from './transaction.ts'

export type WriterMode = 'connecting' | 'ready' | 'committing' | 'settling' | 'stopped'

const transitions: Transitions<WriterMode> = {
  connecting: ['ready', 'settling', 'stopped'],
  ready: ['committing', 'connecting', 'stopped'],
  committing: ['ready', 'settling', 'stopped'],
  settling: ['ready', 'connecting', 'stopped'],
  stopped: [],
}

export interface WriterDeps {
  readonly id: number
  readonly arena: Arena
  readonly session: SessionOptions
  /** Upper bound of a transaction's COPY bytes. */
  readonly transactionBytes: number
  /** A transaction begins no sooner than this after the last one, unless much is ready. */
  readonly transactionIntervalMs: number
  readonly refusals: Refusals
  readonly ensureSegments: (starts: readonly number[]) => Promise<void>
  readonly forgetSegments: (starts: readonly number[]) => void
  readonly rawRecord: RawRecordSource
  /** What stands in `offsets` for these claims' partitions. */
  readonly readPositions: (claims: readonly Claim[]) => Promise<Map<Claim, StoredPosition>>
  readonly onCommitted: (claim: Claim) => void
  readonly onFenced: (claim: Claim) => void
  readonly onRewound: (claim: Claim, stored: StoredPosition) => void
  readonly onHalt: (claim: Claim, error: PipelineError) => void
  readonly emit: Emit
}

/** That much ready does not wait for the interval. */
const READY_BYTES = 1024 * 1024
const REFUSED_TRANSACTION_BYTES = 1024 * 1024
const TAIL_BYTES = 4 * 1024 * 1024
const MS_PER_PARTITION = 1
/** An out-of-memory that comes back on one row is the row's fault. */
const MEMORY_FAILURES_OF_A_ROW = 3
const SEGMENT_ATTEMPTS = 3

export class Writer {
  readonly id: number
  readonly modes: Modes<WriterMode>
  /** Why it is not ready, in words; null: it is. */
  trouble: string | null = 'connecting to Postgres'
  private readonly deps: WriterDeps
  private readonly queues = new Map<Claim, Pending[]>()
  private readonly news = new Signal()
  private readonly backoff = new Backoff()
  private session: Session | null = null
  private predecessor: Backend | null = null
  private beganAt = 0
  /** Falls when a row is refused, doubles with each success. */
  private bytesLimit: number
  /** Halves while a refused row is sought that no error names. */
  private rowsLimit = Number.POSITIVE_INFINITY
  private segmentAttempts = 0
  private readonly memoryFailures = new Map<string, number>()
  /** To be sent again exactly as it was: its outcome was unknown, and it had not landed. */
  private again: Transaction | null = null
  private current: Transaction | null = null
  private plainDeadLetters = false
  private stopping = false
  private loop: Promise<void> | null = null

  constructor(deps: WriterDeps) {
    this.deps = deps
    this.id = deps.id
    this.bytesLimit = deps.transactionBytes
    this.modes = new Modes<WriterMode>(`writer ${deps.id}`, transitions, 'connecting')
  }

  start(): void {
    this.loop = this.run()
  }

  /** Takes a batch; batches of one claim come in offset order. */
  offer(batch: ParsedBatch): void {
    if (!batch.claim.isLive) {
      batch.region?.release()
      return
    }
    const queue = this.queues.get(batch.claim)
    const pending = new Pending(batch, this.deps.arena.view)
    if (queue === undefined) this.queues.set(batch.claim, [pending])
    else queue.push(pending)
    this.news.raise()
  }

  /** COPY bytes that wait or are under way. */
  get inFlightBytes(): number {
    let bytes = 0
    for (const queue of this.queues.values()) for (const pending of queue) bytes += pending.bytesLeft
    return bytes
  }

  /** Has it anything of this claim that is not committed? */
  holds(claim: Claim): boolean {
    return this.queues.has(claim)
  }

  get isIdle(): boolean {
    return this.queues.size === 0
  }

  /** Gives back what belongs to claims that ended, but for what a transaction is sending. */
  sweep(): void {
    for (const [claim, queue] of this.queues) {
      if (claim.isLive) continue
      const sending = new Set(this.current?.slices.map(({ pending }) => pending))
      const kept = queue.filter(pending => sending.has(pending))
      for (const pending of queue) if (!sending.has(pending)) pending.batch.region?.release()
      if (kept.length > 0) this.queues.set(claim, kept)
      else this.queues.delete(claim)
    }
  }

  /** Commits nothing more. What is not committed stays in Kafka. */
  async stop(): Promise<void> {
    this.stopping = true
    this.news.raise()
    if (this.current !== null) await this.session?.close()
    await this.loop
    await this.session?.end().catch(() => undefined)
    this.modes.set('stopped')
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      if (this.session === null || !this.session.isAlive) {
        await this.connect()
        continue
      }
      const transaction = this.next()
      if (transaction === null) await this.news.wait(this.isIdle ? undefined : this.waitMs)
      else await this.execute(transaction)
    }
  }

  private async connect(): Promise<void> {
    if (this.session !== null) {
      this.predecessor = this.session.backend ?? this.predecessor
      await this.session.close()
      this.session = null
    }
    if (!this.modes.is('settling')) this.modes.set('connecting')
    try {
      this.session = await Session.connect(this.deps.session, this.predecessor)
      this.backoff.reset()
      this.trouble = null
      if (this.modes.is('connecting')) this.modes.set('ready')
    } catch (error) {
      this.report('connect', describeFailure(error, 'connect', false))
      await this.news.wait(this.backoff.next())
    }
  }

  private get waitMs(): number {
    const interval = Math.max(this.deps.transactionIntervalMs, this.queues.size * MS_PER_PARTITION)
    return Math.max(0, this.beganAt + interval - performance.now())
  }

  /** The next transaction, or null when nothing is ready or it is too soon. */
  private next(): Transaction | null {
    this.again = this.again?.only(new Set([...this.queues.keys()].filter(claim => claim.isLive))) ?? null
    this.sweep()
    if (this.again !== null) return this.again
    if (this.isIdle || (this.waitMs > 0 && this.inFlightBytes < READY_BYTES)) return null
    return new Transaction(this.cutSlices())
  }

  /** Round after round one batch of each partition, until the transaction is full. */
  private cutSlices(): Slice[] {
    const slices: Slice[] = []
    let bytes = 0
    let rows = 0
    let tailBytes = 0
    const open = new Map([...this.queues].map(([claim, queue]) => [claim, queue.values()]))
    while (open.size > 0) {
      for (const [claim, queue] of open) {
        const { value: pending, done } = queue.next()
        const isFull = bytes >= this.bytesLimit || rows >= this.rowsLimit || tailBytes >= TAIL_BYTES
        if (done === true || isFull) {
          open.delete(claim)
          continue
        }
        const slice = pending.cut({ bytes: this.bytesLimit - bytes, rows: this.rowsLimit - rows })
        slices.push(slice)
        bytes += slice.bytes
        rows += slice.rowTo - slice.rowFrom
        tailBytes += pending.batch.result.usedBytes - pending.batch.result.rollupsAt
        if (slice.nextOffset < pending.batch.result.nextOffset) open.delete(claim)
      }
    }
    // The next transaction starts with whoever stood behind in this one.
    const [first] = this.queues
    if (first !== undefined) {
      this.queues.delete(first[0])
      this.queues.set(...first)
    }
    return slices
  }

  private async execute(transaction: Transaction): Promise<void> {
    this.current = transaction
    this.beganAt = performance.now()
    const prepared = await this.prepare(transaction)
    if (prepared !== null) {
      this.modes.set('committing')
      await this.commit(transaction, prepared)
      this.modes.set('ready')
    }
    this.current = null
  }

  /** What must be there before BEGIN: segments, and the raw bytes of refused records. Null when it is not to be had now. */
  private async prepare(transaction: Transaction): Promise<{ tail: Buffer; deadLetters: number } | null> {
    const { arena, ensureSegments, rawRecord } = this.deps
    try {
      await ensureSegments(transaction.segments)
      const dead = await deadLettersOf(transaction, arena.view, rawRecord, this.plainDeadLetters)
      return { tail: encodeTail(transaction, dead, arena.view), deadLetters: dead.length }
    } catch (error) {
      this.report('prepare', describeFailure(error, 'prepare', true))
      await this.news.wait(this.backoff.next())
      return null
    }
  }

  private async commit(
    transaction: Transaction,
    { tail, deadLetters }: { tail: Buffer; deadLetters: number },
  ): Promise<void> {
    const session = this.session!
    let stage: Stage = 'copy'
    try {
      const startedAt = performance.now()
      if (transaction.rows === 0) await session.begin()
      else await session.copy(this.chunksOf(transaction), transaction.rows)
      stage = 'tail'
      const copiedAt = performance.now()
      if (!(await session.commit(tail))) throw new Error('COMMIT was answered with ROLLBACK')
      this.landed(transaction, deadLetters, copiedAt - startedAt, performance.now() - copiedAt)
    } catch (error) {
      this.modes.set('settling')
      await this.settle(transaction, describeFailure(error, stage, session.isAlive))
    }
  }

  private chunksOf(transaction: Transaction): Buffer[] {
    return transaction.slices
      .filter(({ bytes }) => bytes > 0)
      .map(({ address, bytes }) => this.deps.arena.buffer(address, bytes))
  }

  private landed(transaction: Transaction, deadLetters: number, copyMs: number, commitMs: number): void {
    for (const move of transaction.moves) this.advance(move)
    this.again = null
    this.plainDeadLetters = false
    this.segmentAttempts = 0
    this.trouble = null
    this.backoff.reset()
    this.bytesLimit = Math.min(this.deps.transactionBytes, this.bytesLimit * 2)
    this.deps.refusals.stored(transaction.rows)
    const times = transaction.slices.map(({ pending }) => pending.batch.result)
    const now = Date.now()
    this.deps.emit('sink:transaction:committed', {
      writer: this.id,
      batches: transaction.slices.length,
      rows: transaction.rows,
      bytes: transaction.bytes,
      deadLetters,
      copyMs,
      commitMs,
      oldestAgeMs: now - Math.min(...times.map(result => result.firstTimestampMs || now)),
      newestAgeMs: now - Math.max(...times.map(result => result.lastTimestampMs)),
    })
  }

  /** A position moved in Postgres: let go of what it covers. */
  private advance({ claim, next, fingerprint, slices }: Move): void {
    claim.committed = next
    claim.fingerprint = fingerprint
    const queue = this.queues.get(claim) ?? []
    for (const slice of slices) {
      if (!slice.pending.advance(slice)) continue
      queue.splice(queue.indexOf(slice.pending), 1)
      slice.pending.batch.region?.release()
    }
    if (queue.length === 0) this.queues.delete(claim)
    this.deps.onCommitted(claim)
  }

  /** After a failure: undo what is open, then decide. */
  private async settle(transaction: Transaction, failure: FailureFacts): Promise<void> {
    const verdict = classify(failure)
    const session = this.session!
    const isUndone =
      verdict !== 'lost' &&
      (await session.rollback().then(
        () => true,
        () => false,
      ))
    if (!isUndone) await session.close()
    this.report(failure.stage, failure)
    if (verdict === 'row' && isUndone) return this.refuse(transaction, failure)
    if (verdict === 'segment') return this.lackSegment(transaction, failure)
    if (verdict === 'ours' || verdict === 'halt') return this.halt(transaction, failure)
    if (verdict === 'tail') return this.tailRefused(transaction, failure)
    if (verdict === 'retry' && this.isMemoryOfOneRow(transaction, failure))
      return this.refuse(transaction, failure)
    if (verdict === 'retry' || verdict === 'notReady') await this.news.wait(this.backoff.next())
    // A server that goes down may say so after it has committed.
    if (verdict === 'fenced' || verdict === 'lost' || failure.stage === 'tail')
      await this.findOutcome(transaction)
  }

  /** Reads the positions until they can be read, and acts on each partition's. */
  private async findOutcome(transaction: Transaction): Promise<void> {
    let stored: Map<Claim, StoredPosition> | null = null
    while (stored === null && !this.stopping) {
      if (this.session === null || !this.session.isAlive) await this.connect()
      if (this.session === null) continue
      stored = await this.deps.readPositions(transaction.moves.map(({ claim }) => claim)).catch(error => {
        this.report('connect', describeFailure(error, 'connect', false))
        return null
      })
      if (stored === null) await this.news.wait(this.backoff.next())
    }
    if (stored === null) return
    const sendAgain = new Set<Claim>()
    for (const move of transaction.moves) this.act(move, stored.get(move.claim), sendAgain)
    this.again = transaction.only(sendAgain)
    if (this.again !== null) await this.news.wait(this.backoff.next())
  }

  private act(move: Move, stored: StoredPosition | undefined, sendAgain: Set<Claim>): void {
    const { claim, expected, next } = move
    const outcome = judge(claim.token, expected, next, stored)
    const names = { topic: claim.topic, partition: claim.partition }
    if (outcome === 'notLanded' && claim.isLive) sendAgain.add(claim)
    if (outcome === 'landed') this.advance(move)
    if (outcome === 'fenced') {
      this.deps.emit('sink:writer:fenced', {
        ...names,
        writer: this.id,
        expected,
        stored: stored?.nextOffset ?? -1,
      })
      this.deps.onFenced(claim)
    }
    if (outcome === 'wentBack') this.deps.onRewound(claim, stored!)
    if (outcome === 'ahead')
      this.deps.onHalt(
        claim,
        new PipelineError('POSITION_UNEXPECTED', { ...names, expected, next, stored: stored!.nextOffset }),
      )
  }

  /** One row is refused: the record becomes a dead letter, or the row is sought where the error does not name it. */
  private refuse(transaction: Transaction, failure: FailureFacts): void {
    const line = rowNamedBy(failure.where) ?? (transaction.rows === 1 ? 1 : null)
    const found = line === null ? null : transaction.rowAt(line)
    this.again = null
    if (found === null) {
      this.rowsLimit = Math.max(1, Math.floor(transaction.rows / 2))
      return
    }
    const { slice, row } = found
    const { claim } = slice.pending
    const names = { topic: claim.topic, partition: claim.partition }
    const offset = slice.pending.offsetOf(row)
    const refusal = { sqlstate: failure.sqlstate ?? '', reason: failure.reason }
    slice.pending.refusals.set(row, refusal)
    this.rowsLimit = Number.POSITIVE_INFINITY
    this.bytesLimit = Math.min(this.bytesLimit, REFUSED_TRANSACTION_BYTES)
    this.deps.emit('sink:row:refused', { ...names, offset, ...refusal })
    if (this.deps.refusals.add()) {
      this.deps.onHalt(claim, new PipelineError('REFUSALS_SYSTEMATIC', { ...names, offset, ...refusal }))
    }
  }

  private isMemoryOfOneRow(transaction: Transaction, failure: FailureFacts): boolean {
    const line = rowNamedBy(failure.where)
    const found = failure.sqlstate === '53200' && line !== null ? transaction.rowAt(line) : null
    if (found === null) return false
    const { claim } = found.slice.pending
    const key = `${claim.topic}/${claim.partition}/${found.slice.pending.offsetOf(found.row)}`
    const failures = (this.memoryFailures.get(key) ?? 0) + 1
    this.memoryFailures.clear()
    this.memoryFailures.set(key, failures)
    return failures >= MEMORY_FAILURES_OF_A_ROW
  }

  private lackSegment(transaction: Transaction, failure: FailureFacts): void {
    this.deps.forgetSegments(transaction.segments)
    this.segmentAttempts += 1
    if (this.segmentAttempts <= SEGMENT_ATTEMPTS) return
    this.segmentAttempts = 0
    this.halt(transaction, failure)
  }

  /** The dead letters may be at fault: once without their bytes; then somebody has to look. */
  private tailRefused(transaction: Transaction, failure: FailureFacts): void {
    if (this.plainDeadLetters) this.halt(transaction, failure)
    this.plainDeadLetters = !this.plainDeadLetters
  }

  private halt(transaction: Transaction, failure: FailureFacts): void {
    const code = failure.stage === 'tail' ? 'COMMIT_REFUSED' : 'COPY_MALFORMED'
    for (const { claim, expected } of transaction.moves) {
      const context = {
        topic: claim.topic,
        partition: claim.partition,
        from: expected,
        sqlstate: failure.sqlstate,
        reason: failure.reason,
      }
      this.deps.onHalt(claim, new PipelineError(code, context))
    }
  }

  private report(stage: Stage, failure: FailureFacts): void {
    const { error, sqlstate } = failure
    this.trouble = `${error.message}: ${messageOf(error.cause)}`
    this.deps.emit('sink:transaction:failed', { writer: this.id, error, sqlstate: sqlstate ?? '', stage })
  }
}
