/**
 * A range on its way through the workers: how far it came, and the search for a record that no worker survives,
 * by halving [from, to). Neighbour: parser.ts.
 */
import type { Range } from '../arena/descriptors.ts'
import type { Region } from '../arena/region.ts'
import { PipelineError } from '../errors.ts'
import type { ParseResult, ParseTask } from './contract.ts'

/** A worker that dies once may have other reasons; a second death on the same records is theirs. */
const FAILURES_BEFORE_HALVING = 2

export class ParseJob {
  readonly range: Range
  readonly pipeline: number
  /** Everything below is dealt with. */
  from: number
  /** End of the next task: the range's, or nearer while a guilty record is sought. */
  to: number
  needsJumbo = false
  private failures = 0
  /** A task of it failed together with others': nobody knows whose fault it was. */
  private isSuspect = false
  /** End of the shortest task that failed twice: the guilty record is below it. */
  private suspectTo: number

  /** @param pipeline the number of its topic's */
  constructor(range: Range, pipeline: number) {
    this.range = range
    this.pipeline = pipeline
    this.from = range.firstOffset
    this.to = range.nextOffset
    this.suspectTo = range.firstOffset
  }

  get isDone(): boolean {
    return this.from >= this.range.nextOffset
  }

  /** Of its range, about: as many bytes a record as on the whole. */
  get inputBytesLeft(): number {
    const { bytes, firstOffset, nextOffset } = this.range
    return Math.ceil((bytes * (nextOffset - this.from)) / (nextOffset - firstOffset))
  }

  /** It shares no worker with others: it would keep the one large region from them, or a guilty record is sought in it. */
  get isSolitary(): boolean {
    return this.needsJumbo || this.isSuspect || this.failures > 0 || this.suspectTo > this.from
  }

  task(output: Region): Omit<ParseTask, 'scratchAddress'> {
    const { range } = this
    return {
      pipeline: this.pipeline,
      inputAddress: range.address,
      inputBytes: range.bytes,
      inputKey: range.region.generation,
      outputAddress: output.address,
      outputBytes: output.bytes,
      topicId: range.claim.topicId,
      partition: range.claim.partition,
      fromOffset: this.from,
      toOffset: this.to,
      nowMs: range.nowMs,
      abortedAt: range.abortedAt,
      abortedCount: range.abortedCount,
    }
  }

  /** What is wrong with an answer, or null: the sums must agree before anything of it goes on. */
  faultOf(result: ParseResult, outputBytes: number): PipelineError | null {
    const dealtWith = result.nextOffset - result.firstOffset
    const stuck =
      (result.stop === null && result.nextOffset < this.to) ||
      (result.stop === 'row_too_large' && this.needsJumbo)
    const isSound =
      result.firstOffset === this.from &&
      result.nextOffset >= this.from &&
      result.usedBytes <= outputBytes &&
      dealtWith === result.rows + result.deadLetters + result.dropped + result.skipped &&
      !stuck
    if (isSound) return null
    const { topic, partition } = this.range.claim
    return new PipelineError('WORKER_PROTOCOL', {
      topic,
      partition,
      from: this.from,
      to: this.to,
      firstOffset: result.firstOffset,
      nextOffset: result.nextOffset,
      rows: result.rows,
      deadLetters: result.deadLetters,
      dropped: result.dropped,
      skipped: result.skipped,
      stop: result.stop,
    })
  }

  advance(result: ParseResult): void {
    this.from = result.nextOffset
    this.needsJumbo = result.stop === 'row_too_large'
    this.failures = 0
    if (this.from < this.to) return
    this.to = this.range.nextOffset
    // The first half passed, so it is in the second: that one is halved without trying it whole.
    if (this.from < this.suspectTo) this.halve()
  }

  private halve(): void {
    this.failures = FAILURES_BEFORE_HALVING - 1
    this.to = this.from + Math.max(1, Math.floor((this.suspectTo - this.from) / 2))
  }

  /** The worker died or hung on several tasks, its own among them: that counts for nothing, but it goes alone to its end. */
  suspect(): void {
    this.isSuspect = true
  }

  /**
   * The worker died or hung on [from, to): tries again, then halves. Returns a result that makes the one
   * record left a dead letter, or null.
   */
  failed(): ParseResult | null {
    this.failures += 1
    if (this.failures < FAILURES_BEFORE_HALVING) return null
    this.suspectTo = this.to
    if (this.to - this.from === 1) return deadRecord(this.from)
    this.halve()
    return null
  }
}

const deadRecord = (offset: number): ParseResult => ({
  firstOffset: offset,
  nextOffset: offset + 1,
  rows: 0,
  copyBytes: 0,
  rowTableAt: 0,
  rollupsAt: 0,
  rollups: 0,
  deadLettersAt: 0,
  deadLetters: 0,
  usedBytes: 0,
  skipped: 0,
  dropped: 0,
  droppedBy: [],
  failedBy: [],
  stepFailures: [],
  stepTimes: [],
  valueBytes: 0,
  malformed: 0,
  sanitized: 0,
  minTs: 0,
  maxTs: 0,
  segments: [],
  fingerprint: null,
  firstTimestampMs: 0,
  lastTimestampMs: 0,
  stop: null,
  stopReason: '',
  workerMs: 0,
})
