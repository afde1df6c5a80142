/**
 * The third stage: one Postgres connection that commits the parsed batches of its partitions, self-clocking: while one
 * transaction runs, batches pile up; the next takes all that is ready. What follows a failure is in recovery.ts.
 *
 *   connecting ──► ready ──► committing ──► ready …
 *        ▲           ▲            │
 *        │           └── settling ◄        after any failure: what became of the positions?
 *        └───────────────┘
 *
 * An error that nobody foresaw ends the loop: the writer is stopped then, gives up what it holds, and another takes over.
 */
import type { Arena } from '../arena/arena.ts'
import type { Claim, ParsedBatch } from '../arena/descriptors.ts'
import { messageOf, type PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { Modes, type Transitions } from '../supervisor/modes.ts'
import { Signal } from '../supervisor/signal.ts'
import { Backlog } from './backlog.ts'
import type { Stage } from './classify.ts'
import { deadLettersOf, type RawRecordSource } from './dead-letters.ts'
import { describeFailure, type FailureFacts } from './failure.ts'
import { Line } from './line.ts'
import { Pace } from './pace.ts'
import { Recovery } from './recovery.ts'
import type { Refusals } from './refusals.ts'
import type { SessionOptions } from './session.ts'
import type { StoredPosition } from './settle.ts'
import { Suspects } from './suspects.ts'
import { encodeTail } from './tail.ts'
import { type Move, Transaction } from './transaction.ts'
import type { Turns } from './turns.ts'

export type WriterMode = 'connecting' | 'ready' | 'committing' | 'settling' | 'stopped'

const transitions: Transitions<WriterMode> = {
  connecting: ['ready', 'stopped'],
  ready: ['committing', 'connecting', 'stopped'],
  committing: ['ready', 'settling', 'stopped'],
  settling: ['ready', 'stopped'],
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
  readonly turns: Turns
  readonly ensureSegments: (starts: readonly number[]) => Promise<void>
  readonly forgetSegments: (starts: readonly number[]) => void
  readonly rawRecord: RawRecordSource
  /** What stands in `offsets` for these claims' partitions. */
  readonly readPositions: (claims: readonly Claim[]) => Promise<Map<Claim, StoredPosition>>
  readonly onCommitted: (claim: Claim, move: Move) => void
  readonly onFenced: (claim: Claim) => void
  readonly onRewound: (claim: Claim, stored: StoredPosition) => void
  readonly onHalt: (claim: Claim, error: PipelineError) => void
  /** The loop ended by an error that nobody foresaw. */
  readonly onFailed: (error: Error) => void
  readonly emit: Emit
}

interface Prepared {
  readonly tail: Buffer
  readonly deadLetters: number
}

export class Writer {
  readonly id: number
  readonly modes: Modes<WriterMode>
  /** Why it is not ready, in words; null: it is. */
  trouble: string | null = 'connecting to Postgres'
  private readonly deps: WriterDeps
  private readonly backlog: Backlog
  private readonly pace: Pace
  private readonly recovery: Recovery
  private readonly suspects = new Suspects()
  private readonly news = new Signal()
  private readonly line: Line
  private current: Transaction | null = null
  private stopping = false
  private loop: Promise<void> | null = null

  constructor(deps: WriterDeps) {
    this.id = deps.id
    this.deps = deps
    this.backlog = new Backlog(deps.arena.view)
    this.pace = new Pace(deps.transactionBytes, deps.transactionIntervalMs)
    this.line = new Line(deps.session, failure => this.report(failure))
    this.modes = new Modes<WriterMode>(`writer ${deps.id}`, transitions, 'connecting')
    this.recovery = new Recovery({
      ...deps,
      pace: this.pace,
      advance: move => this.advance(move),
      pause: () => this.line.pause(),
      readPositions: claims => this.readPositions(claims),
    })
  }

  start(): void {
    this.loop = this.run().catch(error => {
      this.trouble = messageOf(error)
      this.deps.onFailed(error)
    })
  }

  /** Takes a batch; batches of one claim come in offset order. */
  offer(batch: ParsedBatch): void {
    if (batch.claim.isLive) this.backlog.add(batch)
    else batch.region?.release()
    this.news.raise()
  }

  /** COPY bytes that wait or are under way. */
  get inFlightBytes(): number {
    return this.backlog.bytes
  }

  /** The same, of one claim. */
  bytesOf(claim: Claim): number {
    return this.backlog.bytesOf(claim)
  }

  /** Has it anything of this claim that is not committed? */
  holds(claim: Claim): boolean {
    return this.backlog.has(claim)
  }

  get isIdle(): boolean {
    return this.backlog.isEmpty
  }

  /** Claims of which it has something that is not committed. */
  get claims(): readonly Claim[] {
    return this.backlog.held
  }

  /** Claims ended: gives back what belongs to them, but for what a transaction is sending. */
  sweep(): void {
    this.backlog.sweep(this.current?.slices ?? [])
  }

  /** Commits nothing more, and nothing reads the regions any more. What is not committed stays in Kafka. */
  async stop(): Promise<void> {
    this.stopping = true
    this.news.raise()
    this.line.stopPausing()
    if (this.current !== null) await this.line.session?.close()
    await this.loop
    this.deps.turns.leave(this.id)
    this.current = null
    await this.line.session?.end()
    this.modes.set('stopped')
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      if (!this.line.isUp) {
        await this.connect()
        continue
      }
      this.modes.set('ready')
      await this.turn()
    }
  }

  /** One transaction, or the wait for what it needs: batches, time, or that fewer writers are at work. */
  private async turn(): Promise<void> {
    const { id } = this
    const { turns } = this.deps
    if (!this.isIdle && !turns.enter(id, () => this.news.raise())) return this.news.wait()
    const transaction = this.next()
    // A connection alone is no proof: what failed must have landed, or have become somebody else's.
    if (this.isIdle) this.trouble = null
    if (transaction !== null) await this.execute(transaction)
    turns.leave(id)
    if (transaction === null) await this.news.wait(this.isIdle ? undefined : this.waitMs)
  }

  private async connect(): Promise<void> {
    this.deps.turns.leave(this.id)
    if (!this.modes.is('settling')) this.modes.set('connecting')
    await this.line.connect()
  }

  private get waitMs(): number {
    const { bytes, claims, held } = this.backlog
    return Math.max(this.pace.waitMs(bytes, claims), this.suspects.waitMs(held, performance.now()))
  }

  /** The next transaction, or null when nothing is ready or it is too soon. */
  private next(): Transaction | null {
    const again = this.recovery.takeAgain()
    this.sweep()
    if (again !== null) return again
    if (this.isIdle || this.waitMs > 0) return null
    const wanted = this.suspects.choose(this.backlog.held, performance.now())
    return new Transaction(this.backlog.cut(this.pace.limits, wanted))
  }

  private async execute(transaction: Transaction): Promise<void> {
    this.current = transaction
    this.pace.began()
    const prepared = await this.prepare(transaction)
    if (prepared !== null) await this.commit(transaction, prepared)
    this.current = null
  }

  /** What must be there before BEGIN: segments, and the raw bytes of refused records. Null when it is not to be had now. */
  private async prepare(transaction: Transaction): Promise<Prepared | null> {
    const { arena, ensureSegments, rawRecord } = this.deps
    try {
      await ensureSegments(transaction.segments)
      const dead = await deadLettersOf(transaction, arena.view, rawRecord, this.recovery.plainDeadLetters)
      return { tail: encodeTail(transaction, dead, arena.view), deadLetters: dead.length }
    } catch (error) {
      this.recovery.notSent(transaction)
      const claims = transaction.moves.map(({ claim }) => claim)
      this.suspects.add(claims, performance.now())
      this.report(describeFailure(error, 'prepare', true))
      await this.line.pause()
      return null
    }
  }

  private async commit(transaction: Transaction, { tail, deadLetters }: Prepared): Promise<void> {
    const session = this.line.session!
    this.modes.set('committing')
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
      const failure = describeFailure(error, stage, session.isAlive)
      this.report(failure)
      await this.recovery.settle(transaction, failure, session)
    }
    this.modes.set('ready')
  }

  private chunksOf(transaction: Transaction): Buffer[] {
    return transaction.slices
      .filter(({ bytes }) => bytes > 0)
      .map(({ address, bytes }) => this.deps.arena.buffer(address, bytes))
  }

  private landed(transaction: Transaction, deadLetters: number, copyMs: number, commitMs: number): void {
    for (const move of transaction.moves) this.advance(move)
    this.recovery.landed()
    this.trouble = null
    this.line.landed()
    this.pace.landed(commitMs)
    this.deps.turns.committed(commitMs)
    this.deps.refusals.stored(transaction.rows)
    const { slices, rows, bytes } = transaction
    const [oldestAgeMs, newestAgeMs] = transaction.ages(Date.now())
    this.deps.emit('sink:transaction:committed', {
      writer: this.id,
      batches: slices.length,
      rows,
      bytes,
      deadLetters,
      copyMs,
      commitMs,
      oldestAgeMs,
      newestAgeMs,
    })
  }

  private advance(move: Move): void {
    move.claim.committed = move.next
    move.claim.fingerprint = move.fingerprint
    this.backlog.advance(move)
    this.suspects.clear(move.claim)
    this.deps.onCommitted(move.claim, move)
  }

  /** Reads positions until they can be read; null when we stop before that. Only with a new connection are they final. */
  private async readPositions(
    claims: readonly Claim[],
  ): Promise<Map<Claim, StoredPosition> | 'uncertain' | null> {
    while (!this.stopping) {
      if (!this.line.isUp) await this.connect()
      if (this.line.session === null) continue
      if (!this.line.session.hasEndedPredecessor) return 'uncertain'
      try {
        return await this.deps.readPositions(claims)
      } catch (error) {
        this.report(describeFailure(error, 'connect', false))
        await this.line.pause()
      }
    }
    return null
  }

  private report({ error, sqlstate, stage }: FailureFacts): void {
    this.trouble =
      error.cause instanceof Error ? `${error.message}: ${messageOf(error.cause)}` : error.message
    this.deps.emit('sink:transaction:failed', { writer: this.id, error, sqlstate: sqlstate ?? '', stage })
  }
}
