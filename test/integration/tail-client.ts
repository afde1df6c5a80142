/** A client of GET /api/v1/tail as a browser is one, for tests: it keeps what comes and the id to go on from. */
import { createParser } from 'eventsource-parser'
import * as assert from 'uvu/assert'
import type { LogRecord } from '../../src/query/contract.ts'
import { until } from '../support/wait.ts'

export interface TailClient {
  readonly records: LogRecord[]
  /** Of each event `missed`. */
  readonly missed: number[]
  readonly lastId: () => string | undefined
  close(): void
}

/** Follows until it is closed, from the moment at which it is let in. @param after Last-Event-ID */
export async function followTail(base: string, query = '', after?: string): Promise<TailClient> {
  const stop = new AbortController()
  const headers = after === undefined ? {} : { 'last-event-id': after }
  const answer = await fetch(`${base}/api/v1/tail${query}`, { headers, signal: stop.signal })
  assert.is(answer.status, 200)
  assert.match(answer.headers.get('content-type')!, /^text\/event-stream/)
  const [records, missed]: [LogRecord[], number[]] = [[], []]
  let lastId: string | undefined
  const parser = createParser({
    onEvent: ({ data, event, id }) => {
      lastId = id ?? lastId
      if (event === undefined) records.push(JSON.parse(data))
      if (event === 'missed') missed.push(JSON.parse(data).records)
    },
  })
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of answer.body!) parser.feed(decoder.decode(chunk, { stream: true }))
  }
  read().catch(() => undefined)
  await until(() => lastId, { deadlineMs: 5000, what: 'the first position' })
  return { records, missed, lastId: () => lastId, close: () => stop.abort() }
}
