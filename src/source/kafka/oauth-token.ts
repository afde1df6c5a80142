/**
 * Access tokens by OAuth's client credentials flow (RFC 6749, section 4.4): asked for over HTTP(S), kept until most of
 * their life is over, one request at a time however many connections log in. Used by client.ts.
 */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { messageOf, PipelineError } from '../../errors.ts'

export interface TokenOptions {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** Empty: none is asked for. */
  readonly scope: string
  /** PEM of the authorities of the URL; null: the public ones. */
  readonly ca: string | null
}

interface Token {
  readonly value: string
  /** Times of performance.now(): from then on another one is asked for, and this one is of no use. */
  readonly staleAt: number
  readonly endsAt: number
}

const ANSWER_TIMEOUT_MS = 10_000
const MOST_ANSWER_BYTES = 256 * 1024
/**
 * A session ends with its token, and a broker allows no second login within a second (KIP-368): a kept token must have
 * this share of its life, and so many ms, still before it.
 */
const LEAST_SHARE_LEFT = 0.2
const LEAST_LEFT_MS = 5_000
/** Where the answer does not say how long the token lives, which RFC 6749 only recommends. */
const ASSUMED_LIFE_S = 300

export class TokenSource {
  private readonly options: TokenOptions
  private token: Token | null = null
  private asking: Promise<Token> | null = null

  constructor(options: TokenOptions) {
    this.options = options
  }

  /** A token that is valid for a while. Throws KAFKA_TOKEN_FAILED. */
  async get(): Promise<string> {
    const kept = this.token
    if (kept !== null && performance.now() < kept.staleAt) return kept.value
    try {
      this.asking ??= requestToken(this.options)
      this.token = await this.asking
      return this.token.value
    } catch (error) {
      if (kept !== null && performance.now() < kept.endsAt) return kept.value
      throw error
    } finally {
      this.asking = null
    }
  }
}

/** No cause is kept: kafkajs would take it for the error itself. */
const failed = ({ tokenUrl }: TokenOptions, reason: string): PipelineError => {
  const { origin, pathname } = new URL(tokenUrl)
  return new PipelineError('KAFKA_TOKEN_FAILED', { url: `${origin}${pathname}`, reason })
}

async function requestToken(options: TokenOptions): Promise<Token> {
  const askedAt = performance.now()
  const { status, text } = await post(options)
  const answer = objectOf(text)
  if (status !== 200) throw failed(options, `status ${status}${errorOf(answer)}`)
  const { access_token: value, expires_in: life } = answer
  // Anything else would break out of the message that carries it.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    throw failed(options, 'the answer has no access_token')
  const seconds = Number(life ?? ASSUMED_LIFE_S)
  if (!(seconds > 0)) throw failed(options, 'the expires_in of the answer is no time ahead')
  const endsAt = askedAt + seconds * 1000
  return { value, staleAt: endsAt - Math.max(LEAST_LEFT_MS, seconds * 1000 * LEAST_SHARE_LEFT), endsAt }
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {}
  } catch {
    // What is no JSON holds neither a token nor a reason.
    return {}
  }
}

/** The error code of RFC 6749, section 5.2, such as invalid_client; the rest of the answer may hold anything. */
const errorOf = ({ error }: Readonly<Record<string, unknown>>): string =>
  typeof error === 'string' && /^\w{1,64}$/.test(error) ? `, ${error}` : ''

function post(options: TokenOptions): Promise<{ status: number; text: string }> {
  const { tokenUrl, clientId, clientSecret, scope, ca } = options
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === '' ? {} : { scope }) })
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':')
  const send = new URL(tokenUrl).protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void => reject(failed(options, messageOf(error)))
    const request = send(tokenUrl, {
      method: 'POST',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      ...(ca === null ? {} : { ca }),
    })
    request.once('error', refuse)
    request.once('response', response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
        if (text.length > MOST_ANSWER_BYTES) response.destroy(new Error('the answer is too long'))
      })
      response.once('error', refuse)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.end(body.toString())
  })
}
