/** POST /api/v1/ingest: JSON, NDJSON or lines of text become records of a Kafka topic. docs/intake.md describes it. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type ErrorCode, PipelineError } from '../../errors.ts'
import { type IntakePort, type IntakeRequest, type Outcome, recordProblems } from '../../intake/contract.ts'
import { markFailed, shown } from '../error-answer.ts'
import { contentTypeOf, leaveBodies, take } from './body.ts'

const formats: Readonly<Record<string, IntakeRequest['format']>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/x-jsonlines': 'ndjson',
  'text/plain': 'text',
}
/** More of them are counted, not listed. */
const MOST_LISTED = 1_000

const schema = {
  summary: 'Takes records in',
  description:
    'One JSON object, an array of them, NDJSON or lines of text; gzip and zstd bodies. Answers when Kafka has acknowledged the records.',
  tags: ['intake'],
  consumes: Object.keys(formats),
  headers: {
    type: 'object',
    properties: {
      'x-logcollector-topic': { type: 'string', description: 'Topic; one of http.intake.topics.' },
      'x-logcollector-key': { type: 'string', description: 'Kafka key of every record.' },
      'idempotency-key': { type: 'string', description: 'The same key and body count once.' },
    },
  },
} as const

export async function ingestRoute(
  server: FastifyInstance,
  { intake }: { readonly intake: IntakePort },
): Promise<void> {
  leaveBodies(server)
  server.post('/ingest', { schema, config: { scope: 'write' } }, async (request, reply) => {
    const type = contentTypeOf(request)
    const format = formats[type]
    if (format === undefined) {
      const accepts = Object.keys(formats).join(', ')
      throw new PipelineError('INTAKE_UNSUPPORTED', {
        header: 'Content-Type',
        value: type.slice(0, 100),
        accepts,
      })
    }
    return answer(reply, await take(intake, request, format))
  })
}

/** 200: all were accepted; 207: some were refused; 400: all were; 503: some were not acknowledged. */
function answer(reply: FastifyReply, outcome: Outcome): FastifyReply {
  const { accepted, failure, refused, topic, unacknowledged } = outcome
  const problems = [
    ...refused,
    ...unacknowledged.map(index => ({ index, code: 'RECORD_UNACKNOWLEDGED' as const })),
  ]
  const counts = {
    topic,
    accepted,
    rejected: refused.length,
    unacknowledged: unacknowledged.length,
    errors: problems
      .slice(0, MOST_LISTED)
      .map(({ index, code }) => ({ index, code, message: recordProblems[code] })),
  }
  if (outcome.isRepetition) reply.header('idempotency-replayed', 'true')
  const code = codeOf(outcome)
  if (code === null) return reply.code(refused.length === 0 ? 200 : 207).send(counts)
  const error = new PipelineError(code, failure === null ? { topic } : { topic, reason: failure })
  return markFailed(reply, error).send({ error: shown(error), ...counts })
}

function codeOf({ accepted, refused, unacknowledged }: Outcome): ErrorCode | null {
  if (unacknowledged.length > 0) return 'INTAKE_UNACKNOWLEDGED'
  return refused.length > 0 && accepted === 0 ? 'INTAKE_RECORDS_REFUSED' : null
}
