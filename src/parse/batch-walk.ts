/**
 * One parse task: goes through the Kafka batches of an input, hands their records to the kernel, and gathers the
 * result. Everything here is per batch; records are the kernel's. Neighbours: kafka-batch.ts, aborted.ts, inflate.ts, worker.ts.
 */
import type { Kernel } from '../kernel/instance.ts'
import {
  RESULT_EXPECTED_AT,
  RESULT_POSITION_AT,
  RESULT_REMAINING_AT,
  RUNNING_STEP_AT,
  STEP_CORRUPT,
  STEP_DONE,
  STEP_FIELDS,
  STEP_MORE,
  STEP_OUTPUT_FULL,
  STEP_ROW_TOO_LARGE,
  WINDOW_AT,
} from '../kernel/memory-map.ts'
import { buildImage, ensureImage, windowBytes } from '../kernel/slot.ts'
import { AbortedTransactions } from './aborted.ts'
import type { ParseResult, ParserSettings, ParseStop, ParseTask, PipelineStep } from './contract.ts'
import { Inflater } from './inflate.ts'
import { type BatchFault, BatchHeader, isChecksumRight, readHeader, unreadFeature } from './kafka-batch.ts'
import { type Ending, readResult } from './result.ts'
import { StepLane } from './step-lane.ts'
import type { Step } from './steps/step.ts'

/** What of an inflated batch is put into the window at first; all of the window only where a record asks for it. */
const CHUNK_BYTES = 256 * 1024

const brokenRecord: BatchFault = { stop: 'corrupt', reason: 'a record breaks the grammar' }
const overlap: BatchFault = { stop: 'corrupt', reason: 'the batch overlaps the one before it' }

const stops: Readonly<Record<number, ParseStop>> = {
  [STEP_OUTPUT_FULL]: 'output_full',
  [STEP_ROW_TOO_LARGE]: 'row_too_large',
}

/** Where the last task stopped inside a batch: the next one need neither check nor go through what lies before. */
interface Bookmark {
  inputKey: number
  address: number
  nextOffset: number
  /** Of the first record not dealt with: from the batch's first record, in its inflated form. */
  position: number
  remaining: number
}

type WalkEnding = Omit<Ending, 'droppedBy' | 'failedBy' | 'stepFailures' | 'stepTimes'>

interface Pipeline {
  readonly settings: ParserSettings
  readonly image: Uint8Array
  /** Null: no steps. */
  readonly lane: StepLane | null
}

export type StepCompiler = (steps: readonly PipelineStep[]) => readonly Step[]

const noSteps: StepCompiler = steps => {
  throw new Error(`nobody compiles the steps ${steps.map(({ kind }) => kind).join(', ')}`)
}
const noLane = { droppedBy: [], failedBy: [], failures: [], times: [] } as const

export class BatchWalk {
  private readonly kernel: Kernel
  private readonly pipelines: readonly Pipeline[]
  private lane: StepLane | null = null
  private readonly windowBytes: number
  private readonly inflater: Inflater
  private readonly header = new BatchHeader()
  private readonly aborted = new AbortedTransactions()
  private readonly bookmark: Bookmark = { inputKey: -1, address: 0, nextOffset: 0, position: 0, remaining: 0 }
  private slot = 0

  /**
   * @param pipelines at least one; only what belongs to a pipeline may differ between them
   * @param compile makes the steps of those that have some
   */
  constructor(kernel: Kernel, pipelines: readonly ParserSettings[], compile: StepCompiler = noSteps) {
    const settings = pipelines[0]!
    this.kernel = kernel
    this.pipelines = pipelines.map(settings => ({
      settings,
      image: buildImage(settings),
      lane: settings.steps.length === 0 ? null : new StepLane(kernel, settings, compile(settings.steps)),
    }))
    this.windowBytes = windowBytes(settings)
    this.inflater = new Inflater(settings.maxBatchBytes)
  }

  /** Runs one task to the end of its input, or to what stops it. Synchronous; writes only to its slot and output. */
  run(task: ParseTask): ParseResult {
    const startedAt = performance.now()
    const { kernel } = this
    const { image, lane, settings } = this.pipelines[task.pipeline]!
    this.lane = lane
    lane?.begin(task.scratchAddress)
    kernel.view.setUint32(task.scratchAddress + RUNNING_STEP_AT, 0, true)
    this.slot = task.scratchAddress
    ensureImage(kernel.view, this.slot, image)
    kernel.begin(
      this.slot,
      task.outputAddress,
      task.outputBytes,
      task.topicId,
      task.partition,
      task.nowMs,
      task.fromOffset,
      Math.min(task.toOffset, Number.MAX_SAFE_INTEGER),
    )
    kernel.passTo(task.fromOffset)
    const ending = this.walk(task)
    kernel.finish()
    const { droppedBy, failedBy, failures, times } = lane ?? noLane
    return readResult(
      kernel.view,
      task,
      settings,
      { ...ending, droppedBy, failedBy, stepFailures: failures, stepTimes: times },
      performance.now() - startedAt,
    )
  }

  /** Goes through the batches; says where and why it ended. */
  private walk(task: ParseTask): WalkEnding {
    const { kernel, header } = this
    const ending: WalkEnding = { fingerprint: null, stop: null, stopReason: '' }
    const end = task.inputAddress + task.inputBytes
    this.aborted.begin(kernel.view, task.abortedAt, task.abortedCount)
    let lastNext = 0
    for (
      let address = task.inputAddress;
      address < end && this.expected < task.toOffset;
      address = header.end
    ) {
      const fault = readHeader(kernel.view, address, end, header)
      if (fault !== null) return stopFor(ending, fault)
      if (header.baseOffset < lastNext) return stopFor(ending, overlap)
      lastNext = header.nextOffset
      // Also of batches that are done: what follows may belong to a transaction that began or ended there.
      const isAborted = header.isTransactional && this.aborted.covers(kernel.view, header)
      if (lastNext <= task.fromOffset) continue
      if (header.baseOffset >= task.toOffset) {
        kernel.passTo(task.toOffset)
        return { ...ending, fingerprint: null }
      }
      const outcome = this.parseBatch(task, isAborted)
      if (outcome === STEP_DONE) kernel.passTo(header.nextOffset)
      if (this.expected > header.baseOffset) {
        ending.fingerprint = { baseOffset: header.baseOffset, crc: header.crc }
      }
      if (typeof outcome !== 'number') return stopFor(ending, outcome)
      ending.stop = stops[outcome] ?? null
      if (outcome !== STEP_DONE) return ending
    }
    return ending
  }

  /** The batch in hand: a STEP_… of the kernel, or what is wrong with it. */
  private parseBatch(task: ParseTask, isAborted: boolean): number | BatchFault {
    const { kernel, header, bookmark } = this
    const goesOn =
      bookmark.inputKey === task.inputKey &&
      bookmark.address === header.address &&
      bookmark.nextOffset === task.fromOffset
    if (!goesOn && !isChecksumRight(kernel.bytes, header))
      return { stop: 'corrupt', reason: 'its CRC-32C differs' }
    if (header.isControl || header.records === 0 || isAborted) return STEP_DONE
    const unread = unreadFeature(header)
    if (unread !== null) return unread
    const position = goesOn ? bookmark.position : 0
    const remaining = goesOn ? bookmark.remaining : header.records
    const step =
      header.codecNumber === 0
        ? this.parsePlain(task, position, remaining)
        : this.parseInflated(task, position, remaining)
    return step === STEP_CORRUPT ? brokenRecord : step
  }

  private parsePlain(task: ParseTask, position: number, remaining: number): number {
    const { header } = this
    const step = this.parseRecords(header.address, header.recordsAt + position, header.end, 0, remaining)
    this.mark(task, step, this.position - header.recordsAt)
    return step
  }

  /** Inflates the records and passes them through the window of the slot. */
  private parseInflated(task: ParseTask, from: number, remaining: number): number | BatchFault {
    const { kernel, header } = this
    const inflated = this.inflater.inflate(kernel.bytes, header, task.inputKey)
    if (!Buffer.isBuffer(inflated)) return inflated
    const window = this.slot + WINDOW_AT
    let position = from
    let left = remaining
    for (let chunk = CHUNK_BYTES; ; ) {
      const bytes = Math.min(chunk, this.windowBytes, inflated.length - position)
      inflated.copy(kernel.bytes, window, position, position + bytes)
      const isLast = position + bytes === inflated.length
      const step = this.parseRecords(header.address, window, window + bytes, isLast ? 0 : 1, left)
      const read = this.position - window
      position += read
      left = this.remaining
      if (step === STEP_DONE && !isLast) return STEP_CORRUPT
      if (step !== STEP_MORE) {
        this.mark(task, step, position)
        if (step === STEP_DONE) this.inflater.forget()
        return step
      }
      if (read > 0) continue
      if (bytes < this.windowBytes) {
        chunk = this.windowBytes
        continue
      }
      const passed = kernel.passOversized(
        header.address,
        window,
        window + bytes,
        inflated.length - position,
        left,
      )
      position += this.position
      left = this.remaining
      if (passed !== STEP_DONE) {
        this.mark(task, passed, position)
        return passed
      }
    }
  }

  /** The kernel's parseRecords, with the steps of the pipeline where it has some. */
  private parseRecords(batch: number, at: number, end: number, more: number, remaining: number): number {
    const { kernel, lane } = this
    let step = kernel.parseRecords(batch, at, end, more, remaining)
    while (step === STEP_FIELDS && lane !== null) {
      step = lane.settle()
      if (step === STEP_DONE) step = kernel.parseRecords(batch, this.position, end, more, this.remaining)
    }
    return step
  }

  /** Remembers where to go on, when it is for want of room that the batch is not done. */
  private mark(task: ParseTask, step: number, position: number): void {
    const { bookmark } = this
    const isWaiting = step === STEP_OUTPUT_FULL || step === STEP_ROW_TOO_LARGE
    bookmark.inputKey = isWaiting ? task.inputKey : -1
    bookmark.address = this.header.address
    bookmark.nextOffset = this.expected
    bookmark.position = position
    bookmark.remaining = this.remaining
  }

  /** The next offset to deal with. */
  private get expected(): number {
    return this.kernel.view.getFloat64(this.slot + RESULT_EXPECTED_AT, true)
  }

  private get position(): number {
    return this.kernel.view.getUint32(this.slot + RESULT_POSITION_AT, true)
  }

  private get remaining(): number {
    return this.kernel.view.getInt32(this.slot + RESULT_REMAINING_AT, true)
  }
}

function stopFor(ending: WalkEnding, fault: BatchFault): WalkEnding {
  ending.stop = fault.stop
  ending.stopReason = fault.reason
  return ending
}
