/**
 * What a writer does after a failed transaction: undo, decide by the error table (classify.ts), and where the outcome is
 * unknown ask `offsets` and act on each partition's answer (settle.ts).
 */
import type { Claim } from '../arena/descriptors.ts'
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { classify, rowNamedBy } from './classify.ts'
import type { FailureFacts } from './failure.ts'
import type { Pace } from './pace.ts'
import type { Refusals } from './refusals.ts'
import type { Session } from './session.ts'
import { judge, type StoredPosition } from './settle.ts'
import type { Slice } from './slice.ts'
import type { Move, Transaction } from './transaction.ts'

export interface RecoveryDeps {
  readonly id: number
  readonly pace: Pace
  readonly refusals: Refusals
  readonly forgetSegments: (starts: readonly number[]) => void
  /** A position moved in Postgres after all. */
  readonly advance: (move: Move) => void
  /** Waits before the next attempt, longer each time. */
  readonly pause: () => Promise<void>
  /** Null when the writer stops before they could be read; 'uncertain' while an older backend of ours may still commit. */
  readonly readPositions: (
    claims: readonly Claim[],
  ) => Promise<Map<Claim, StoredPosition> | 'uncertain' | null>
  readonly onFenced: (claim: Claim) => void
  readonly onRewound: (claim: Claim, stored: StoredPosition) => void
  readonly onHalt: (claim: Claim, error: PipelineError) => void
  readonly emit: Emit
}

/** An out-of-memory that comes back on one row is the row's fault. */
const MEMORY_FAILURES_OF_A_ROW = 3
const OUT_OF_MEMORY = '53200'
const READ_ONLY = '25006'
/** Segments of a time that retention removes come and go, so it takes some patience. */
const SEGMENT_ATTEMPTS = 10

interface FoundRow {
  readonly slice: Slice
  readonly row: number
}

export class Recovery {
  /** Dead letters without their bytes: these were refused. */
  plainDeadLetters = false
  private readonly deps: RecoveryDeps
  /** To be sent again exactly as it was: its outcome was unknown, and it had not landed. */
  private again: Transaction | null = null
  private segmentAttempts = 0
  private memoryFailures = { at: '', count: 0 }

  constructor(deps: RecoveryDeps) {
    this.deps = deps
  }

  /** What is left of a transaction to be sent again, or null. */
  takeAgain(): Transaction | null {
    const again = this.again?.only(claim => claim.isLive) ?? null
    this.again = null
    return again
  }

  /** A transaction did not even begin: if it was one to be sent again exactly, it still is. */
  notSent(transaction: Transaction): void {
    this.again = transaction.isRepeat ? transaction : null
  }

  landed(): void {
    this.plainDeadLetters = false
    this.segmentAttempts = 0
  }

  async settle(transaction: Transaction, failure: FailureFacts, session: Session): Promise<void> {
    const verdict = classify(failure)
    const isUndone = verdict !== 'lost' && (await undo(session))
    // A server that takes no writes any more stays away until we look for another.
    if (!isUndone || failure.sqlstate === READ_ONLY) await session.close()
    if (verdict === 'row') this.refuse(transaction, failure)
    if (verdict === 'segment') {
      this.lackSegment(transaction, failure)
      if (this.segmentAttempts > 1) await this.deps.pause()
    }
    if (verdict === 'tail') this.tailRefused(transaction, failure)
    if (verdict === 'ours' || verdict === 'halt') this.halt(transaction, failure)
    if (verdict === 'retry' && this.isFaultOfOneRow(transaction, failure)) this.refuse(transaction, failure)
    if (verdict === 'retry' || verdict === 'notReady') await this.deps.pause()
    // A server that goes down may say so after it has committed.
    const isUncertain = failure.stage === 'tail' && (verdict === 'retry' || verdict === 'notReady')
    if (verdict === 'fenced' || verdict === 'lost' || isUncertain) await this.findOutcome(transaction)
  }

  /** Acts on what stands in `offsets` for each partition of the transaction. */
  private async findOutcome(transaction: Transaction): Promise<void> {
    const stored = await this.deps.readPositions(transaction.moves.map(({ claim }) => claim))
    if (stored === null) return
    if (stored === 'uncertain') {
      // A new claim has a new token, which refuses whatever that backend still does.
      for (const { claim } of transaction.moves) this.deps.onFenced(claim)
      return
    }
    const notLanded = new Set<Claim>()
    for (const move of transaction.moves) {
      if (this.act(move, stored.get(move.claim)) === 'notLanded') notLanded.add(move.claim)
    }
    this.again = transaction.only(claim => notLanded.has(claim))
    if (this.again !== null) await this.deps.pause()
  }

  private act(move: Move, stored: StoredPosition | undefined): ReturnType<typeof judge> {
    const { claim, expected, next } = move
    const { id, advance, emit, onFenced, onHalt, onRewound } = this.deps
    const outcome = judge(claim.token, expected, next, stored)
    const facts = { ...nameOf(claim), expected, next, stored: stored?.nextOffset ?? -1 }
    if (outcome === 'landed') advance(move)
    if (outcome === 'fenced') {
      emit('sink:writer:fenced', { ...nameOf(claim), writer: id, expected, stored: facts.stored })
      onFenced(claim)
    }
    if (outcome === 'wentBack') onRewound(claim, stored!)
    if (outcome === 'ahead') onHalt(claim, new PipelineError('POSITION_UNEXPECTED', facts))
    return outcome
  }

  /** One row is refused: the record becomes a dead letter, or the row is sought where the error does not name it. */
  private refuse(transaction: Transaction, failure: FailureFacts): void {
    const found = rowOf(transaction, failure)
    if (found === null) {
      this.deps.pace.halve(transaction.rows)
      return
    }
    const { pending } = found.slice
    const offset = pending.offsetOf(found.row)
    const refusal = { sqlstate: failure.sqlstate ?? '', reason: failure.reason }
    const facts = { ...nameOf(pending.claim), offset, ...refusal }
    pending.refusals.set(found.row, refusal)
    this.deps.pace.refused()
    this.deps.emit('sink:row:refused', facts)
    if (this.deps.refusals.add()) {
      this.deps.onHalt(pending.claim, new PipelineError('REFUSALS_SYSTEMATIC', facts))
    }
  }

  private isFaultOfOneRow(transaction: Transaction, failure: FailureFacts): boolean {
    const found = failure.sqlstate === OUT_OF_MEMORY ? rowOf(transaction, failure) : null
    if (found === null) return false
    const { claim } = found.slice.pending
    const at = `${claim.topic}/${claim.partition}/${found.slice.pending.offsetOf(found.row)}`
    this.memoryFailures = { at, count: this.memoryFailures.at === at ? this.memoryFailures.count + 1 : 1 }
    return this.memoryFailures.count >= MEMORY_FAILURES_OF_A_ROW
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

  private halt(transaction: Transaction, { stage, sqlstate, reason }: FailureFacts): void {
    const code = stage === 'tail' ? 'COMMIT_REFUSED' : 'COPY_MALFORMED'
    for (const { claim, expected } of transaction.moves) {
      this.deps.onHalt(claim, new PipelineError(code, { ...nameOf(claim), from: expected, sqlstate, reason }))
    }
  }
}

/** ROLLBACK; false when the connection did not live to confirm it. */
async function undo(session: Session): Promise<boolean> {
  try {
    await session.rollback()
    return true
  } catch {
    return false
  }
}

function rowOf(transaction: Transaction, { where }: FailureFacts): FoundRow | null {
  const line = rowNamedBy(where) ?? (transaction.rows === 1 ? 1 : null)
  return line === null ? null : transaction.rowAt(line)
}

const nameOf = ({ topic, partition }: Claim): { topic: string; partition: number } => ({ topic, partition })
