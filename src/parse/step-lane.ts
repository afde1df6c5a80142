/**
 * The slow lane of a pipeline with steps: the kernel has scanned a record and waits (STEP_FIELDS), the steps run, and
 * what they made of it goes back. One a pipeline and worker. Neighbours: batch-walk.ts, record-fields.ts, steps/.
 */
import { messageOf } from '../errors.ts'
import type { Kernel } from '../kernel/instance.ts'
import {
  DEAD_REWRITE_TOO_LARGE,
  DEAD_STEP_FAILED,
  RESULT_EXPECTED_AT,
  RESULT_TEXT_AT,
  RESULT_TEXT_END_AT,
  REWRITE_OFFSET_AT,
  REWRITE_SIZE_AT,
  RUNNING_STEP_AT,
  SETTLE_DROP,
  SETTLE_KEEP,
  SETTLE_REFUSE,
  SETTLE_REWRITTEN,
  STEP_DONE,
} from '../kernel/memory-map.ts'
import type { ParserSettings, StepFailure, StepTime } from './contract.ts'
import { RecordFields } from './record-fields.ts'
import { TIMED_EVERY } from './step-times.ts'
import type { Outcome, Step } from './steps/step.ts'

/** Of one task; the others have the kernel's plain reason. */
const MOST_FAILURES = 100
const MOST_REASON_CHARACTERS = 300

export class StepLane {
  /** Of the task: records left out by each step and on which it failed (empty: none), and why. */
  droppedBy: number[] = []
  failedBy: number[] = []
  failures: StepFailure[] = []
  /** Of the task, by step; empty: none of its records was timed. */
  times: StepTime[] = []
  private readonly kernel: Kernel
  private readonly pipeline: string
  private readonly steps: readonly Step[]
  private readonly fields: RecordFields
  private slot = 0
  private untilTimed = TIMED_EVERY

  constructor(kernel: Kernel, settings: ParserSettings, steps: readonly Step[]) {
    this.kernel = kernel
    this.pipeline = settings.name
    this.steps = steps
    this.fields = new RecordFields(settings, (start, end) => kernel.bytes.toString('latin1', start, end))
  }

  begin(slot: number): void {
    this.slot = slot
    this.droppedBy = []
    this.failedBy = []
    this.failures = []
    this.times = []
  }

  /** Runs the steps on the record that waits; gives what the kernel's settleRecord says. */
  settle(): number {
    const { fields, kernel, slot, steps } = this
    const { view } = kernel
    fields.open(view.getUint32(slot + RESULT_TEXT_AT, true), view.getUint32(slot + RESULT_TEXT_END_AT, true))
    let number = 0
    this.untilTimed -= 1
    const isTimed = this.untilTimed === 0
    if (isTimed) this.untilTimed = TIMED_EVERY
    try {
      for (const step of steps) {
        number += 1
        view.setUint32(slot + RUNNING_STEP_AT, number, true)
        const outcome = isTimed ? this.timed(step, number) : step.run(fields)
        if (outcome === 'drop') return this.drop(number)
      }
    } catch (error) {
      return this.fail(number, error)
    } finally {
      view.setUint32(slot + RUNNING_STEP_AT, 0, true)
    }
    return fields.isChanged ? this.rewrite() : kernel.settleRecord(SETTLE_KEEP, 0)
  }

  private timed(step: Step, number: number): Outcome {
    if (this.times.length === 0) this.times = this.steps.map(() => ({ runs: 0, ms: 0, maxMs: 0 }))
    const startedAt = performance.now()
    try {
      return step.run(this.fields)
    } finally {
      const ms = performance.now() - startedAt
      const { maxMs, ms: before, runs } = this.times[number - 1]!
      this.times[number - 1] = { runs: runs + 1, ms: before + ms, maxMs: Math.max(maxMs, ms) }
    }
  }

  private drop(number: number): number {
    if (this.droppedBy.length === 0) this.droppedBy = this.steps.map(() => 0)
    this.droppedBy[number - 1]! += 1
    return this.kernel.settleRecord(SETTLE_DROP, 0)
  }

  private fail(number: number, error: unknown): number {
    const { kernel, slot } = this
    const settled = kernel.settleRecord(SETTLE_REFUSE, DEAD_STEP_FAILED)
    if (settled !== STEP_DONE) return settled
    if (this.failedBy.length === 0) this.failedBy = this.steps.map(() => 0)
    this.failedBy[number - 1]! += 1
    if (this.failures.length < MOST_FAILURES) {
      const offset = kernel.view.getFloat64(slot + RESULT_EXPECTED_AT, true) - 1
      this.failures.push({ offset, reason: this.reasonOf(number, error) })
    }
    return settled
  }

  private reasonOf(number: number, error: unknown): string {
    const { kind } = this.steps[number - 1]!
    const text = `pipeline ${this.pipeline}, step ${number} (${kind}): ${messageOf(error)}`
    return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MOST_REASON_CHARACTERS)
  }

  private rewrite(): number {
    const { kernel, slot } = this
    const text = this.fields.write()
    if (text.length > kernel.view.getUint32(slot + REWRITE_SIZE_AT, true))
      return kernel.settleRecord(SETTLE_REFUSE, DEAD_REWRITE_TOO_LARGE)
    const at = slot + kernel.view.getUint32(slot + REWRITE_OFFSET_AT, true)
    kernel.bytes.write(text, at, 'latin1')
    return kernel.settleRecord(SETTLE_REWRITTEN, text.length)
  }
}
