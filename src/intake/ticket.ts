/**
 * How far the records of one request have come. Lanes settle them one by one; the request waits, and at its deadline
 * withdraws what was not sent. Neighbours: lane.ts, intake.ts.
 *
 * waiting → sent → acknowledged | refused | failed; waiting → failed (withdrawn, or there is no way to Kafka)
 */
import type { ErrorCode } from '../errors.ts'

export const recordStates = ['waiting', 'sent', 'acknowledged', 'refused', 'failed'] as const
export type RecordState = (typeof recordStates)[number]

const WAITING = recordStates.indexOf('waiting')
const SENT = recordStates.indexOf('sent')

export class Ticket {
  /** When the request came, ms since 1970: the Kafka time of its records. */
  readonly receivedMs: number
  /** Resolves when every record is settled, also long after the request was answered. */
  readonly settled: Promise<void>
  /** Why the last record failed. */
  failure: ErrorCode | null = null
  private readonly states: Uint8Array
  private open: number
  private finish!: () => void

  constructor(records: number, receivedMs: number) {
    this.receivedMs = receivedMs
    this.states = new Uint8Array(records)
    this.open = records
    this.settled = new Promise(resolve => {
      this.finish = resolve
    })
    if (records === 0) this.finish()
  }

  get isSettled(): boolean {
    return this.open === 0
  }

  stateOf(record: number): RecordState {
    return recordStates[this.states[record]!]!
  }

  /** It is on its way: only Kafka's answer settles it now. */
  markSent(record: number): void {
    this.states[record] = SENT
  }

  /** Settles a record, once. */
  settle(
    record: number,
    state: 'acknowledged' | 'refused' | 'failed',
    failure: ErrorCode | null = null,
  ): void {
    const now = this.states[record]!
    if (now !== WAITING && now !== SENT) return
    this.states[record] = recordStates.indexOf(state)
    if (failure !== null) this.failure = failure
    this.open--
    if (this.open === 0) this.finish()
  }

  /** Nothing that still waits is sent any more. */
  withdraw(): void {
    for (const [record, state] of this.states.entries()) if (state === WAITING) this.settle(record, 'failed')
  }
}

/** One record on its way: its value is source[start..end). */
export interface Entry {
  readonly source: Buffer
  readonly start: number
  readonly end: number
  readonly key: Buffer | null
  readonly ticket: Ticket
  /** Its number in the ticket. */
  readonly record: number
}
