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
  /** URL of the worker's module; its default export takes ParseTasks and gives a ParseResult for each. */
  readonly worker: string
  readonly workerData: unknown
  /** Tasks that take longer are aborted with their thread. */
  readonly timeoutMs: number
  /** What runs in the slot of a task that hangs, in words; empty where nothing is known. Asked about the first of several. */
  readonly runningStep?: (task: ParseTask) => string
  /** A thread died without a task, or was not replaced. `stop` and `start` make the pool whole again. */
  readonly onFailed: (error: Error) => void
}

/** The pool was stopped while the task ran: says nothing of the task's records. */
export class Interrupted extends Error {}

export class ParsePool {
  readonly threads: number
  /** Threads that ended and were replaced. */
  restarts = 0
  private readonly options: PoolOptions
  private piscina: Piscina<readonly ParseTask[], readonly ParseResult[]> | null = null
  private readonly slots: readonly number[]
  private readonly freeSlots: number[]
  private readonly busyTime: BusyTime

  constructor(options: PoolOptions) {
    this.options = options
    this.threads = options.slots.length
    this.slots = options.slots
    this.freeSlots = [...options.slots]
    this.busyTime = new BusyTime(this.threads)
  }

  /** Starts the threads. */
  start(): void {
    const { onFailed, worker, workerData } = this.options
    this.piscina = new Piscina({
      filename: worker,
      minThreads: this.threads,
      maxThreads: this.threads,
      maxQueue: this.threads,
      recordTiming: false,
      workerData,
    })
    this.piscina.on('error', error => {
      this.restarts += 1
      onFailed(error)
    })
  }

  /** Never before `start` and after `stop`. */
  get hasFreeSlot(): boolean {
    return this.piscina !== null && this.freeSlots.length > 0
  }

  get running(): number {
    return this.threads - this.freeSlots.length
  }

  /** How long tasks have run on each slot since the start, ms. */
  get busyMs(): readonly number[] {
    return this.busyTime.read(performance.now())
  }

  /**
   * Runs tasks of one pipeline on a free slot, one after the other. @throws PipelineError WORKER_FAILED when the worker
   * threw, died or hung; by then its thread has ended or is idle again, and the tasks' regions are nobody's but the
   * caller's. @throws Interrupted likewise, when the whole pool was stopped.
   */
  async run(load: readonly Omit<ParseTask, 'scratchAddress'>[]): Promise<readonly ParseResult[]> {
    const { piscina } = this
    const scratchAddress = this.freeSlots.pop()
    if (scratchAddress === undefined || piscina === null)
      throw new Error('the parse pool was asked for more tasks than it has slots')
    const { runningStep = () => '', timeoutMs } = this.options
    const slot = this.slots.indexOf(scratchAddress)
    const tasks = load.map(task => ({ ...task, scratchAddress }))
    const [first] = tasks
    this.busyTime.begin(slot, performance.now())
    const threads = [...piscina.threads]
    const watchdog = new AbortController()
    let place = ''
    const timer = setTimeout(() => {
      if (first !== undefined) place = runningStep(first)
      watchdog.abort()
    }, timeoutMs)
    try {
      return await piscina.run(tasks, { signal: watchdog.signal })
    } catch (error) {
      const isInterrupted = piscina !== this.piscina && !watchdog.signal.aborted
      const dropped = threads.filter(thread => !this.piscina?.threads.includes(thread))
      await Promise.all(dropped.filter(hasNotExited).map(thread => once(thread, 'exit')))
      if (isInterrupted) throw new Interrupted('the parse pool was stopped', { cause: error })
      this.restarts += dropped.length
      this.lookForLost(piscina, error)
      const reason = watchdog.signal.aborted ? late(timeoutMs, place) : messageOf(error)
      throw new PipelineError('WORKER_FAILED', { reason }, error)
    } finally {
      clearTimeout(timer)
      this.busyTime.end(slot, performance.now())
      this.freeSlots.push(scratchAddress)
    }
  }

  /** Piscina does not replace a thread that died before it was ready: with none left, every task would time out. */
  private lookForLost(piscina: Piscina, error: unknown): void {
    if (piscina !== this.piscina || piscina.threads.length >= this.threads) return
    this.options.onFailed(error instanceof Error ? error : new Error(String(error)))
  }

  /** Ends every thread; tasks that run fail. */
  async stop(): Promise<void> {
    const { piscina } = this
    this.piscina = null
    await piscina?.destroy()
  }
}

const late = (timeoutMs: number, place: string): string =>
  `no answer in ${timeoutMs} ms${place === '' ? '' : `, ${place}`}`

/** Node sets threadId to −1 when the thread has ended. */
const hasNotExited = (thread: Worker): boolean => thread.threadId !== -1
