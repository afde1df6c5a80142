/**
 * The second stage, main side: turns ranges into parsed batches, a few at a time, fairly. A range is a job; a job
 * needs a worker and an output region for each task and goes to the back of the queue after it. Small tasks go to a
 * worker several at a time (load.ts). Neighbours: pool.ts (threads), worker.ts (the other side); source gives ranges,
 * the sink takes batches.
 */
import type { Arena } from '../arena/arena.ts'
import type { ParsedBatch, Range } from '../arena/descriptors.ts'
import type { Region } from '../arena/region.ts'
import { named, PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import type { ParseResult, ParserSettings } from './contract.ts'
import { ParseJob } from './job.ts'
import { type Assignment, nextLoad } from './load.ts'
import { Interrupted, type ParsePool } from './pool.ts'
import { stepName } from './step-names.ts'
import { StepTimes, TIMED_EVERY } from './step-times.ts'

export interface ParserDeps {
  readonly arena: Arena
  readonly pool: Pick<ParsePool, 'hasFreeSlot' | 'run'>
  readonly pipelines: readonly ParserSettings[]
  /** The number of the topic's pipeline. */
  readonly pipelineOf: (topic: string) => number
  /** Partitions that share the output account now. */
  readonly partitions: () => number
  readonly deliver: (batch: ParsedBatch) => void
  /** The range is released; the parser came as far as `nextOffset`. */
  readonly onRangeDone: (range: Range, nextOffset: number) => void
  /** The batch at the offset fails its checksum or grammar: true fetches it again, false halts. */
  readonly mayFetchAgain: (range: Range, offset: number) => boolean
  readonly onHalt: (range: Range, error: PipelineError) => void
  readonly emit: Emit
}

export class Parser {
  readonly stepTimes: StepTimes
  /** Jobs that wait for a worker or a region: at most one a partition. */
  private readonly waiting: ParseJob[] = []
  private readonly deps: ParserDeps
  private running = 0

  constructor(deps: ParserDeps) {
    this.deps = deps
    this.stepTimes = new StepTimes(deps.pipelines)
    deps.arena.output.onReturn = () => this.pump()
    deps.arena.jumbo.onReturn = () => this.pump()
  }

  get isIdle(): boolean {
    return this.running === 0 && this.waiting.length === 0
  }

  submit(range: Range): void {
    this.waiting.push(new ParseJob(range, this.deps.pipelineOf(range.claim.topic)))
    this.pump()
  }

  /** A claim ended: its jobs give their ranges back. */
  wake(): void {
    this.pump()
  }

  private pump(): void {
    this.dropEnded()
    while (this.deps.pool.hasFreeSlot) {
      const load = nextLoad(this.waiting, this.deps.arena, this.deps.partitions())
      if (load.length === 0) return
      this.run(load).catch(error => {
        for (const { job } of load) this.deps.onHalt(job.range, named(error))
      })
    }
  }

  /** Jobs whose claim ended. To finish one may bring new jobs, and another pump. */
  private dropEnded(): void {
    for (let n = this.waiting.length - 1; n >= 0; n--) {
      const job = this.waiting[n]
      if (job === undefined || job.range.claim.isLive) continue
      this.waiting.splice(n, 1)
      this.finish(job)
    }
  }

  private async run(load: readonly Assignment[]): Promise<void> {
    this.running += 1
    const startedAt = performance.now()
    try {
      const results = await this.answersOf(load)
      const durationMs = performance.now() - startedAt
      for (const [n, { job, output }] of load.entries()) {
        const result = results?.[n]
        if (result !== undefined) this.takeOrHalt(job, output, result, durationMs)
      }
    } finally {
      this.running -= 1
    }
    this.pump()
  }

  private takeOrHalt(job: ParseJob, output: Region, result: ParseResult, durationMs: number): void {
    try {
      this.take(job, output, result, durationMs)
    } catch (error) {
      this.deps.onHalt(job.range, named(error))
    }
  }

  /** Null where the worker failed. Once it has answered, regions may be the sink's: not to be released for an error. */
  private async answersOf(load: readonly Assignment[]): Promise<readonly ParseResult[] | null> {
    try {
      const results = await this.deps.pool.run(load.map(({ job, output }) => job.task(output)))
      if (results.length === load.length) return results
      throw new Error(`the worker gave ${results.length} answers for ${load.length} tasks`)
    } catch (error) {
      for (const { job, output } of load) {
        output.release()
        if (error instanceof Interrupted) this.waiting.push(job)
        else this.failed(job, error, load.length > 1)
      }
      return null
    }
  }

  private take(job: ParseJob, output: Region, result: ParseResult, durationMs: number): void {
    const fault = job.faultOf(result, output.bytes)
    if (fault !== null || !job.range.claim.isLive || result.nextOffset === result.firstOffset)
      output.release()
    if (fault !== null) {
      this.halt(job, fault)
      return
    }
    this.stepTimes.add(job.pipeline, result.stepTimes)
    if (job.range.claim.isLive && result.nextOffset > result.firstOffset)
      this.deliver(job, output, result, durationMs)
    job.advance(result)
    if (result.stop === 'corrupt' || result.stop === 'unsupported') this.refused(job, result)
    else if (job.isDone || !job.range.claim.isLive) this.finish(job)
    else this.waiting.push(job)
  }

  private deliver(job: ParseJob, region: Region, result: ParseResult, durationMs: number): void {
    region.trim(result.usedBytes)
    const { topic, partition } = job.range.claim
    const { format, name: pipeline } = this.deps.pipelines[job.pipeline]!
    this.deps.emit('parse:batch:completed', {
      topic,
      partition,
      pipeline,
      format,
      records: result.nextOffset - result.firstOffset,
      inputBytes: result.valueBytes,
      outputBytes: result.copyBytes,
      malformed: result.malformed,
      sanitized: result.sanitized,
      deadLetters: result.deadLetters,
      dropped: result.dropped,
      durationMs,
      workerMs: result.workerMs,
    })
    this.tellSteps(job, 'parse:records:dropped', result.droppedBy)
    this.tellSteps(job, 'parse:step:failed', result.failedBy)
    this.tellTimes(job, result)
    this.deps.deliver({ claim: job.range.claim, region, result, verdict: null })
  }

  private tellSteps(
    job: ParseJob,
    event: 'parse:records:dropped' | 'parse:step:failed',
    records: readonly number[],
  ): void {
    const { emit, pipelines } = this.deps
    records.forEach((count, step) => {
      if (count > 0) emit(event, { ...stepName(pipelines, job.pipeline, step), records: count })
    })
  }

  private tellTimes({ pipeline }: ParseJob, { stepTimes }: ParseResult): void {
    const { emit, pipelines } = this.deps
    stepTimes.forEach(({ ms, runs }, step) => {
      if (runs > 0)
        emit('parse:step:timed', { ...stepName(pipelines, pipeline, step), durationMs: ms * TIMED_EVERY })
    })
  }

  private refused(job: ParseJob, result: ParseResult): void {
    const { topic, partition } = job.range.claim
    const context = { topic, partition, offset: job.from, reason: result.stopReason }
    if (result.stop === 'corrupt' && this.deps.mayFetchAgain(job.range, job.from)) this.finish(job)
    else
      this.halt(
        job,
        new PipelineError(
          result.stop === 'corrupt' ? 'KAFKA_BATCH_CORRUPT' : 'KAFKA_BATCH_UNSUPPORTED',
          context,
        ),
      )
  }

  private failed(job: ParseJob, error: unknown, hadOthers: boolean): void {
    const failure = error instanceof PipelineError ? error : new PipelineError('WORKER_FAILED', {}, error)
    const { topic, partition } = job.range.claim
    this.deps.emit('parse:worker:failed', {
      topic,
      partition,
      error: failure,
      fromOffset: job.from,
      toOffset: job.to,
    })
    if (hadOthers) job.suspect()
    const guilty = hadOthers ? null : job.failed()
    if (guilty !== null && job.range.claim.isLive) {
      this.deps.deliver({ claim: job.range.claim, region: null, result: guilty, verdict: failure.message })
      job.advance(guilty)
    }
    if (job.isDone) this.finish(job)
    else this.waiting.push(job)
  }

  private halt(job: ParseJob, error: PipelineError): void {
    this.finish(job)
    this.deps.onHalt(job.range, error)
  }

  private finish(job: ParseJob): void {
    job.range.region.release()
    this.deps.onRangeDone(job.range, job.from)
  }
}
