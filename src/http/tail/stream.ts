/**
 * One follower as its client sees it: server-sent events, written to a socket of which a bounded part may wait. What
 * the client does not read stays in Postgres: it is full then, and is given no more.
 *
 *   (unnamed)        a record as JSON; the last of each read carries the id to go on from
 *   event: position  no record, but an id: what came since does not fit the filter
 *   event: missed    {"records": n}: so many were stored and are not shown
 *   : comment        still there
 *
 * Source: WHATWG HTML, "Server-sent events".
 */
import type { ServerResponse } from 'node:http'
import type { LogFilter, LogRecord } from '../../query/contract.ts'
import type { Tail, TailFollower } from './deps.ts'

/** Bytes that wait for the client. */
const MOST_WAITING_BYTES = 256 * 1024
/** Proxies close what is silent; browsers come back after so long. */
const SIGN_OF_LIFE_MS = 10_000
const RETRY_MS = 2_000
/** Who has taken nothing for so long is gone, or may as well come again with its last id. */
const STALLED_MS = 300_000

export interface Pulse {
  readonly everyMs: number
  /** Most that a full client may take nothing. */
  readonly stalledMs: number
}

export class EventStream implements TailFollower {
  readonly filter: LogFilter
  private readonly response: ServerResponse
  private readonly told: Pick<Tail, 'onMissed' | 'onSent'>
  private readonly timer: NodeJS.Timeout
  private readonly stalledMs: number
  private position: (() => string) | null = null
  /** Since when it is full, by performance.now(); null: it is not. */
  private fullSince: number | null = null

  constructor(
    response: ServerResponse,
    filter: LogFilter,
    told: Pick<Tail, 'onMissed' | 'onSent'>,
    { everyMs, stalledMs }: Pulse = { everyMs: SIGN_OF_LIFE_MS, stalledMs: STALLED_MS },
  ) {
    this.response = response
    this.filter = filter
    this.told = told
    this.stalledMs = stalledMs
    this.timer = setInterval(() => this.beat(), everyMs)
    response.on('drain', () => {
      this.fullSince = null
    })
    response.write(`retry: ${RETRY_MS}\n\n`)
  }

  get isFull(): boolean {
    return this.response.writableLength > MOST_WAITING_BYTES
  }

  records(records: readonly LogRecord[], position: string): void {
    const last = records.length - 1
    const events = records.map(
      (record, index) => `${index === last ? `id: ${position}\n` : ''}data: ${JSON.stringify(record)}\n\n`,
    )
    this.write(events.join(''))
    this.told.onSent(records.length)
    this.position = null
  }

  /** Said at the next sign of life, and once at the beginning. */
  moved(position: () => string): void {
    const isFirst = this.position === null
    this.position = position
    if (isFirst) this.signOfLife()
  }

  missed(records: number, position: string): void {
    this.told.onMissed(records)
    this.write(`id: ${position}\nevent: missed\ndata: ${JSON.stringify({ records })}\n\n`)
    this.position = null
  }

  /** To whom takes nothing nothing is added, however long it stands still. */
  private beat(): void {
    if (!this.isFull) {
      this.signOfLife()
      return
    }
    this.fullSince ??= performance.now()
    if (performance.now() - this.fullSince > this.stalledMs) this.response.destroy()
  }

  private signOfLife(): void {
    const { position } = this
    this.write(position === null ? ': \n\n' : `id: ${position()}\nevent: position\ndata: {}\n\n`)
  }

  private write(text: string): void {
    if (!this.response.writableEnded && !this.response.destroyed) this.response.write(text)
  }

  close(): void {
    clearInterval(this.timer)
    this.response.end()
  }
}
