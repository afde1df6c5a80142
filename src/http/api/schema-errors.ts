/** What a schema refuses, as an error that names the parameter. */
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
