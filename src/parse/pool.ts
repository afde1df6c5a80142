/**
 * The worker threads: Piscina, as many threads as slots, and never more tasks than threads, so nothing queues in it.
 * A task that hangs is aborted by the watchdog; its failure is reported only after its thread's exit, because until
 * then the thread may still write into the arena. The only home of piscina.
 */
import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { messageOf, PipelineError } from '../errors.ts'
import { BusyTime } from './busy-time.ts'
import type { ParseResult, ParseTask } from './contract.ts'

export interface PoolOptions {
  /** Scratch slots in the arena: one thread each. */
  readonly slots: readonly number[]
  /** URL of the worker's module; its default export takes a ParseTask and gives a ParseResult. */
  readonly worker: string
  readonly workerData: unknown
  /** A task that takes longer is aborted with its thread. */
  readonly timeoutMs: number
}

export class ParsePool {
  readonly threads: number
  restarts = 0
  private readonly piscina: Piscina<ParseTask, ParseResult>
  private readonly slots: readonly number[]
  private readonly freeSlots: number[]
  private readonly busyTime: BusyTime
  private readonly timeoutMs: number

  constructor(options: PoolOptions) {
    this.threads = options.slots.length
    this.slots = options.slots
    this.freeSlots = [...options.slots]
    this.busyTime = new BusyTime(this.threads)
    this.timeoutMs = options.timeoutMs
    this.piscina = new Piscina({
      filename: options.worker,
      minThreads: this.threads,
      maxThreads: this.threads,
      maxQueue: this.threads,
      workerData: options.workerData,
    })
    // A thread that dies without a task: Piscina starts another, and the next task finds it.
    this.piscina.on('error', () => {
      this.restarts += 1
    })
  }

  get hasFreeSlot(): boolean {
    return this.freeSlots.length > 0
  }

  get running(): number {
    return this.threads - this.freeSlots.length
  }

  /** How long tasks have run on each slot since the start, ms. */
  get busyMs(): readonly number[] {
    return this.busyTime.read(performance.now())
  }

  /**
   * Runs one task on a free slot. @throws PipelineError WORKER_FAILED when the worker threw, died or hung; by then
   * its thread has ended or is idle again, and the task's regions are nobody's but the caller's.
   */
  async run(task: Omit<ParseTask, 'scratchAddress'>): Promise<ParseResult> {
    const scratchAddress = this.freeSlots.pop()
    if (scratchAddress === undefined)
      throw new Error('the parse pool was asked for more tasks than it has slots')
    const slot = this.slots.indexOf(scratchAddress)
    this.busyTime.begin(slot, performance.now())
    const threads = [...this.piscina.threads]
    const watchdog = new AbortController()
    const timer = setTimeout(() => watchdog.abort(), this.timeoutMs)
    try {
      return await this.piscina.run({ scratchAddress, ...task }, { signal: watchdog.signal })
    } catch (error) {
      await this.ended(threads)
      const reason = watchdog.signal.aborted ? `no answer in ${this.timeoutMs} ms` : messageOf(error)
      throw new PipelineError('WORKER_FAILED', { reason, from: task.fromOffset, to: task.toOffset }, error)
    } finally {
      clearTimeout(timer)
      this.busyTime.end(slot, performance.now())
      this.freeSlots.push(scratchAddress)
    }
  }

  /** Waits for the exit of every thread that the pool has dropped since. */
  private async ended(threads: readonly Worker[]): Promise<void> {
    const dropped = threads.filter(thread => !this.piscina.threads.includes(thread))
    this.restarts += dropped.length
    await Promise.all(dropped.filter(hasNotExited).map(thread => once(thread, 'exit')))
  }

  async stop(): Promise<void> {
    await this.piscina.destroy()
  }
}

/** Node sets threadId to −1 when the thread has ended. */
const hasNotExited = (thread: Worker): boolean => thread.threadId !== -1
