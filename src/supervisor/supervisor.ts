/**
 * Starts the parts in order, begins anew the one that failed, stops them in reverse: OTP's one-for-one supervisor with
 * one budget of restarts for all. Past it the failure is not to be mended from within and escalates. The engine has one.
 */
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'

/**
 * permanent: begun anew however it ended. transient: only after an error. temporary: never.
 */
export type RestartRule = 'permanent' | 'transient' | 'temporary'

export interface Part {
  /** Also called after `stop`, for a restart. */
  start(): void | Promise<void>
  /** Also called on a part that failed, and must leave nothing behind that works on. */
  stop(): Promise<void>
}

export interface ChildSpec {
  /** Unique; appears in events and metrics. */
  readonly name: string
  readonly restart: RestartRule
  readonly part: Part
}

export interface SupervisorOptions {
  /** More restarts than this within `periodMs`, of all children together, escalate. */
  readonly intensity: number
  readonly periodMs: number
  readonly onEscalated: (error: PipelineError) => void
  readonly emit: Emit
  /** ms of a clock that only goes forward; performance.now unless told. */
  readonly now?: () => number
}

/** A child as /debug shows it. */
export interface ChildFacts {
  readonly name: string
  readonly rule: RestartRule
  readonly restarts: number
  readonly isRestarting: boolean
}

interface Child {
  readonly spec: ChildSpec
  restarts: number
  restarting: Promise<void> | null
  /** It is being stopped for a restart: what it says until it starts again has the same cause. */
  isBeingStopped: boolean
  /** How it ended before its restart was done. */
  endedEarly: { readonly error: Error | null } | null
}

export class Supervisor {
  /** In the order of their start. */
  private readonly children: Child[] = []
  private readonly options: SupervisorOptions
  private readonly now: () => number
  /** When the latest restarts were. */
  private restartedAt: number[] = []
  private isEnding = false

  constructor(options: SupervisorOptions) {
    this.options = options
    this.now = options.now ?? (() => performance.now())
  }

  /** Starts one after the other, each when the one before has. Rejects with what a child's first start throws. */
  async start(specs: readonly ChildSpec[]): Promise<void> {
    for (const spec of specs) await this.add(spec)
  }

  /** Starts one more child, unless the end has begun. */
  async add(spec: ChildSpec): Promise<void> {
    if (this.isEnding) return
    this.children.push({ spec, restarts: 0, restarting: null, isBeingStopped: false, endedEarly: null })
    this.options.emit('supervisor:child:added', { child: spec.name })
    await spec.part.start()
  }

  /** In the order of their start. */
  get facts(): readonly ChildFacts[] {
    return this.children.map(({ spec, restarting, restarts }) => ({
      name: spec.name,
      rule: spec.restart,
      restarts,
      isRestarting: restarting !== null,
    }))
  }

  /** A child ended by itself; null: without an error. */
  exited(name: string, error: Error | null): void {
    const child = this.children.find(({ spec }) => spec.name === name)
    if (child === undefined || child.isBeingStopped || this.isEnding) return
    if (!isToRestart(child.spec.restart, error)) return
    if (child.restarting === null) this.restartWithinBudget(child, error)
    else child.endedEarly = { error }
  }

  private restartWithinBudget(child: Child, error: Error | null): void {
    const { name } = child.spec
    const reason = error ?? new Error(`${name} ended`)
    const now = this.now()
    this.restartedAt = [...this.restartedAt.filter(at => now - at < this.options.periodMs), now]
    if (this.restartedAt.length > this.options.intensity) {
      this.escalate(name, reason)
      return
    }
    child.restarts += 1
    this.options.emit('supervisor:child:restarted', { child: name, error: reason, restarts: child.restarts })
    child.restarting = this.restart(child)
  }

  private async restart(child: Child): Promise<void> {
    child.isBeingStopped = true
    try {
      await child.spec.part.stop()
      child.isBeingStopped = false
      if (!this.isEnding) await child.spec.part.start()
    } catch (error) {
      child.endedEarly = { error: error instanceof Error ? error : new Error(String(error)) }
    }
    child.isBeingStopped = false
    child.restarting = null
    const end = child.endedEarly
    child.endedEarly = null
    if (end !== null) this.exited(child.spec.name, end.error)
  }

  private escalate(child: string, cause: Error): void {
    const { intensity, onEscalated, periodMs } = this.options
    this.isEnding = true
    onEscalated(new PipelineError('RESTARTS_EXCEEDED', { child, intensity, periodMs }, cause))
  }

  /**
   * Stops all in reverse order, each when the one after it has stopped or `deadline` (of the clock) has passed.
   * False when one was left behind. Rejects with the first error of a stop, after the others were stopped.
   */
  async stop(deadline: number): Promise<boolean> {
    this.isEnding = true
    const errors: unknown[] = []
    let isClean = true
    for (const child of this.children.toReversed()) {
      const stopped = stopOf(child).catch(error => void errors.push(error))
      if (!(await before(deadline - this.now(), stopped))) isClean = false
    }
    if (errors.length > 0) throw errors[0]
    return isClean
  }
}

function isToRestart(rule: RestartRule, error: Error | null): boolean {
  return rule === 'permanent' || (rule === 'transient' && error !== null)
}

async function stopOf({ restarting, spec }: Child): Promise<void> {
  await restarting
  await spec.part.stop()
}

/** True when `work` is done within `ms`, false as soon as they have passed. */
async function before(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>(resolve => {
    timer = setTimeout(() => resolve(false), Math.max(0, ms))
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
