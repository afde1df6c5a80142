/**
 * Posts lines to the intake of a LogCollector. Each batch has an Idempotency-Key, so that a repetition after a lost
 * answer is not stored twice. Neighbours: sender.ts, http/intake/ingest-route.ts at the other end.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../errors.ts'
import { pauseMs, type Sender, type Sent } from './sender.ts'

export interface IntakeSenderOptions {
  /** Of the LogCollector, such as http://logs.internal:8080. */
  readonly url: string
  readonly apiKey?: string
  /** The intake's own unless told. */
  readonly topic?: string
  /** Kafka key of every record; none unless told. */
  readonly key?: string
}

/** An attempt that has no answer by then is repeated. */
const ANSWER_TIMEOUT_MS = 60_000
const MOST_RETRY_AFTER_MS = 60_000
/** These bodies will be refused again however often they are sent; all else may pass later, a bad key included. */
const finalStatuses = [400, 413, 415, 422]

interface Answer {
  readonly rejected?: number
  readonly errors?: readonly { readonly message: string }[]
  readonly error?: { readonly message: string }
}

/** An attempt that is to be repeated. */
interface Failure {
  readonly reason: string
  readonly leastPauseMs: number
}

/** Throws TypeError for a URL that is none. */
export function createIntakeSender({ url, apiKey, topic, key }: IntakeSenderOptions): Sender {
  const target = new URL('/api/v1/ingest', url)
  const headers = {
    'content-type': 'application/x-ndjson',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...(topic === undefined ? {} : { 'x-logcollector-topic': topic }),
    ...(key === undefined ? {} : { 'x-logcollector-key': key }),
  }
  const post = async (body: Buffer, idempotencyKey: string, signal: AbortSignal): Promise<Sent | Failure> => {
    const response = await fetch(target, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': idempotencyKey },
      body: new Uint8Array(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    })
    const text = await response.text()
    if (response.ok || finalStatuses.includes(response.status)) return sentOf(response.ok, text)
    const retryAfterMs = 1_000 * (Number(response.headers.get('retry-after')) || 0)
    const reason = `HTTP ${response.status} ${sentOf(false, text).reason}`
    return { reason, leastPauseMs: Math.min(MOST_RETRY_AFTER_MS, retryAfterMs) }
  }
  return {
    async send(lines, signal, onFailure) {
      const body = Buffer.concat(lines.flatMap(line => [line, newLine]))
      const idempotencyKey = randomUUID()
      for (let attempt = 0; ; attempt++) {
        const sent = await post(body, idempotencyKey, signal).catch(error => {
          if (signal.aborted) throw error
          return { reason: messageOf(causeOf(error)), leastPauseMs: 0 }
        })
        if ('rejected' in sent) return { ...sent, rejected: Math.min(sent.rejected, lines.length) }
        onFailure(sent.reason)
        await delay(Math.max(sent.leastPauseMs, pauseMs(attempt)), null, { signal })
      }
    },
    close: async () => undefined,
  }
}

/** fetch says only that it failed; why, its cause does. */
const causeOf = (error: unknown): unknown => (error instanceof Error ? (error.cause ?? error) : error)

const newLine = Buffer.from('\n')

/** All of a batch is refused where the answer does not count. */
function sentOf(isOk: boolean, text: string): Sent {
  let answer: Answer = {}
  try {
    answer = JSON.parse(text) as Answer
  } catch (error) {
    answer = { error: { message: `${messageOf(error)}: ${text.slice(0, 200)}` } }
  }
  const rejected = answer.rejected ?? (isOk ? 0 : Number.POSITIVE_INFINITY)
  const reason = answer.error?.message ?? answer.errors?.[0]?.message ?? ''
  return { rejected, reason: rejected > 0 ? reason : '' }
}
