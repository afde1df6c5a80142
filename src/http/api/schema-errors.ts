/** What a schema refuses, as an error that names the parameter; and what it should refuse and does not. */
import type { FastifyRequest } from 'fastify'
import type { FastifySchemaValidationError } from 'fastify/types/schema.js'
import { PipelineError } from '../../errors.ts'

/** For fastify's setSchemaErrorFormatter. */
export function formatSchemaErrors(
  errors: readonly FastifySchemaValidationError[],
  place: string,
): PipelineError {
  const problem = errors.map(error => problemOf(error, place)).join('; ')
  return new PipelineError('HTTP_REQUEST_INVALID', { problem })
}

function problemOf({ instancePath, message, params }: FastifySchemaValidationError, place: string): string {
  const { additionalProperty, allowedValues } = params as {
    additionalProperty?: string
    allowedValues?: readonly string[]
  }
  if (additionalProperty !== undefined) return `${additionalProperty} is no parameter of this`
  const name = instancePath.slice(1).replaceAll('/', '.') || place
  const accepted = allowedValues === undefined ? '' : `: ${allowedValues.filter(Boolean).join(', ')}`
  return `${name} ${message ?? 'is not valid'}${accepted}`
}

/** A hook: "1e999" becomes Infinity, for which no bound of a schema is looked at. Throws HTTP_REQUEST_INVALID. */
export async function refuseInfinity({ query, params, body }: FastifyRequest): Promise<void> {
  for (const [name, value] of [query, params, body].flatMap(part => Object.entries(part ?? {})))
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
      throw new PipelineError('HTTP_REQUEST_INVALID', { problem: `${name} is no number that counts` })
}
