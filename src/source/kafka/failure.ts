/** kafkajs' errors, and Node's below them, become ours: the one function of this stage. */
import protocolError from 'kafkajs/src/protocol/error.js'
import { type ErrorCode, type ErrorContext, messageOf, PipelineError } from '../../errors.ts'

/** What kafkajs and Node put on errors. */
interface Link {
  readonly name?: unknown
  readonly type?: unknown
  readonly code?: unknown
  readonly cause?: unknown
}

/** Node's words for certificates: nodejs.org/api/tls.html, "X509 certificate error codes". */
const untrusted = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** Longer chains are loops. */
const MOST_LINKS = 10

/** The error as one of our catalogue; the kafkajs error is its cause, and its message the reason. */
export function kafkaFailure(error: unknown, context: ErrorContext): PipelineError {
  const links = chainOf(error)
  const ours = links.find(link => link instanceof PipelineError)
  if (ours !== undefined) return ours
  const code = links.map(codeOf).find(found => found !== null) ?? 'KAFKA_REQUEST_FAILED'
  return new PipelineError(code, { ...context, reason: messageOf(error) }, error)
}

/** What a broker answers about one partition: Kafka's error code in its words. */
export const answerFailure = (errorCode: number, context: ErrorContext): PipelineError =>
  kafkaFailure(protocolError.createErrorFromCode(errorCode), { ...context, errorCode })

function chainOf(error: unknown): unknown[] {
  const links: unknown[] = []
  for (let link = error; link && links.length < MOST_LINKS; link = (link as Link).cause) links.push(link)
  return links
}

function codeOf(link: unknown): ErrorCode | null {
  const { name, type, code } = link as Link
  if (type === 'UNSUPPORTED_SASL_MECHANISM') return 'KAFKA_MECHANISM_REFUSED'
  // kafkajs wraps whatever a login meets in this, and keeps only the message.
  if (name === 'KafkaJSSASLAuthenticationError') return 'KAFKA_AUTHENTICATION_FAILED'
  if (type === 'SASL_AUTHENTICATION_FAILED') return 'KAFKA_AUTHENTICATION_FAILED'
  if (typeof type === 'string' && type.endsWith('_AUTHORIZATION_FAILED')) return 'KAFKA_NOT_AUTHORIZED'
  if (typeof code !== 'string') return null
  if (untrusted.has(code)) return 'KAFKA_TLS_UNTRUSTED'
  return /^(ERR_SSL_|ERR_TLS_|EPROTO$)/.test(code) ? 'KAFKA_TLS_FAILED' : null
}
