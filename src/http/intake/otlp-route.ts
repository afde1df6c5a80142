/**
 * POST /v1/logs: OTLP over HTTP, where every OpenTelemetry exporter sends logs by itself. Answers in the encoding of
 * the request, errors as google.rpc.Status (OTLP specification, "OTLP/HTTP Response"). docs/intake.md describes it.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PipelineError } from '../../errors.ts'
import { type IntakePort, type Outcome, recordProblems } from '../../intake/contract.ts'
import { encodeFailure, encodeSuccess, rpcCodes } from '../../otlp/answer.ts'
import type { OtlpEncoding } from '../../otlp/decode.ts'
import { createAuthorise } from '../api/authorise.ts'
import type { ApiDeps } from '../api/deps.ts'
import { guard } from '../api/index.ts'
import { known, markFailed } from '../error-answer.ts'
import { contentTypeOf, leaveBodies, take } from './body.ts'

const contentTypes = { json: 'application/json', protobuf: 'application/x-protobuf' } as const
const codesByStatus: Readonly<Record<number, number>> = {
  400: rpcCodes.invalidArgument,
  401: rpcCodes.unauthenticated,
  403: rpcCodes.permissionDenied,
  413: rpcCodes.invalidArgument,
  415: rpcCodes.invalidArgument,
  429: rpcCodes.resourceExhausted,
  503: rpcCodes.unavailable,
}

/** Register it with the prefix /v1. */
export async function otlpScope(
  server: FastifyInstance,
  deps: Pick<ApiDeps, 'access' | 'corsOrigins' | 'rateLimit'> & { readonly intake: IntakePort },
): Promise<void> {
  await guard(server, { ...deps, authorise: createAuthorise(deps.access, deps.corsOrigins) })
  leaveBodies(server)
  server.setErrorHandler((error, request, reply) => fail(request, reply, known(error)))
  server.post('/logs', { config: { scope: 'write' } }, async (request, reply) => {
    const encoding = encodingOf(request)
    if (encoding === null) {
      const accepts = Object.values(contentTypes).join(', ')
      throw new PipelineError('INTAKE_UNSUPPORTED', { header: 'Content-Type', accepts })
    }
    const outcome = await take(deps.intake, request, `otlp-${encoding}`)
    const { failure, refused, topic, unacknowledged } = outcome
    if (unacknowledged.length > 0)
      throw new PipelineError(
        'INTAKE_UNACKNOWLEDGED',
        failure === null ? { topic } : { topic, reason: failure },
      )
    return reply
      .type(contentTypes[encoding])
      .send(encodeSuccess(encoding, refused.length, reasonsOf(outcome)))
  })
}

function encodingOf(request: FastifyRequest): OtlpEncoding | null {
  const type = contentTypeOf(request)
  if (type === contentTypes.json) return 'json'
  return type === contentTypes.protobuf ? 'protobuf' : null
}

/** In JSON to whoever asked in neither encoding. */
function fail(request: FastifyRequest, reply: FastifyReply, error: PipelineError): FastifyReply {
  const encoding = encodingOf(request) ?? 'json'
  const { statusCode } = markFailed(reply, error)
  const code = codesByStatus[statusCode] ?? rpcCodes.internal
  return reply
    .type(contentTypes[encoding])
    .send(encodeFailure(encoding, code, `${error.code}: ${error.message}. ${error.remedy}`))
}

/** Each reason once. */
const reasonsOf = ({ refused }: Outcome): string =>
  [...new Set(refused.map(({ code }) => code))].map(code => `${code}: ${recordProblems[code]}`).join('; ')
