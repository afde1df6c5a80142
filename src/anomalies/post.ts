/** Sends JSON to a webhook or an Alertmanager: hard time-out, no redirects, and no address in any error. */
import { PipelineError } from '../errors.ts'

const TIMEOUT_MS = 5_000

export interface PostOptions {
  /** For errors, in place of the address, which may hold a secret. */
  readonly target: 'webhook' | 'alertmanager'
  readonly timeoutMs?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** @throws ANOMALY_NOT_SENT unless the answer is 2xx within the time */
export async function postJson(address: string, body: unknown, options: PostOptions): Promise<void> {
  const { headers = {}, target, timeoutMs = TIMEOUT_MS } = options
  const url = new URL(address)
  const login = url.username === '' ? {} : { authorization: basic(url) }
  url.username = ''
  url.password = ''
  let status: number
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...login, ...headers },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    status = answer.status
    await answer.body?.cancel()
  } catch (error) {
    throw new PipelineError('ANOMALY_NOT_SENT', { target, reason: reasonOf(error) })
  }
  if (status < 200 || status > 299)
    throw new PipelineError('ANOMALY_NOT_SENT', { target, reason: `status ${status}` })
}

const basic = ({ password, username }: URL): string =>
  `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`

/** A code such as ECONNREFUSED or TimeoutError; messages may quote the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { cause } = error as { cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : error.name
}
