/**
 * Fetches between the others, into memory of their own instead of the arena: for fingerprints and for raw records. They
 * wait for their turn in the fetcher's loop, because a broker answers one Fetch at a time.
 */
import { PipelineError } from '../errors.ts'
import type { FetchPlan } from './kafka/fetch-request.ts'
import { type FetchResponse, readFetchResponse } from './kafka/fetch-response.ts'
import type { FrameTarget } from './kafka/frames.ts'

/** What an errand brings back: the frame's body, outside the arena. */
export interface ErrandAnswer {
  readonly response: FetchResponse
  readonly view: DataView
}

interface Errand {
  readonly plan: FetchPlan
  readonly resolve: (answer: ErrandAnswer) => void
  readonly reject: (error: unknown) => void
}

/** A broker's answer that no memory of ours should be asked for: frames of errands are bounded like records in Kafka are. */
const MAX_ERRAND_BYTES = 128 * 1024 * 1024

export class Errands {
  private readonly queue: Errand[] = []
  private readonly fetch: (plan: FetchPlan, target: FrameTarget) => Promise<void>

  constructor(fetch: (plan: FetchPlan, target: FrameTarget) => Promise<void>) {
    this.fetch = fetch
  }

  get waiting(): number {
    return this.queue.length
  }

  /** Rejects with what the broker or the connection says, or KAFKA_REQUEST_FAILED when it is refused. */
  add(plan: FetchPlan): Promise<ErrandAnswer> {
    return new Promise((resolve, reject) => {
      this.queue.push({ plan, resolve, reject })
    })
  }

  /** False when there is none. */
  async runOne(): Promise<boolean> {
    const errand = this.queue.shift()
    if (errand === undefined) return false
    let body = Buffer.alloc(0)
    const place = (bytes: number) => {
      if (bytes > MAX_ERRAND_BYTES) return null
      body = Buffer.allocUnsafeSlow(bytes)
      return body
    }
    try {
      await this.fetch(errand.plan, { place })
      const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
      errand.resolve({ view, response: readFetchResponse(view, 0, body.byteLength) })
    } catch (error) {
      errand.reject(error)
    }
    return true
  }

  /** Nobody runs them any more. */
  refuseAll(): void {
    const facts = { request: 'Fetch', reason: 'stopping' }
    for (const { reject } of this.queue.splice(0)) reject(new PipelineError('KAFKA_REQUEST_FAILED', facts))
  }
}
