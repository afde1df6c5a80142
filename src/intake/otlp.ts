/** Splits the body of an OTLP request into our records; src/otlp knows the format. Neighbours: split.ts, intake.ts. */
import { setImmediate as turn } from 'node:timers/promises'
import { messageOf, PipelineError } from '../errors.ts'
import { decodeLogs, type OtlpEncoding } from '../otlp/decode.ts'
import { recordsOf } from '../otlp/records.ts'
import type { RecordProblem } from './contract.ts'
import { keyOf, MOST_RECORDS, type Split, type SplitRecord } from './split.ts'

export interface OtlpOptions {
  readonly encoding: OtlpEncoding
  readonly maxRecordBytes: number
  /** Of all records together. */
  readonly maxBytes: number
  /** The field of our record whose text or number becomes its key; empty: none. */
  readonly keyField: string
}

/** So many are made before others get a turn. */
const TURN_RECORDS = 1_000

/**
 * Throws HTTP_REQUEST_INVALID for another body, INTAKE_BODY_TOO_LARGE for too many records, or where they grow too
 * large: each of them repeats what is said of all.
 */
export async function splitOtlp(body: Buffer, options: OtlpOptions): Promise<Split> {
  try {
    return await split(body, options)
  } catch (error) {
    if (error instanceof PipelineError) throw error
    // A value of another type than OTLP says, or nested too deeply.
    const problem = `the body is no ExportLogsServiceRequest: ${messageOf(error)}`
    throw new PipelineError('HTTP_REQUEST_INVALID', { problem }, error)
  }
}

async function split(body: Buffer, options: OtlpOptions): Promise<Split> {
  const { encoding, keyField, maxRecordBytes, maxBytes } = options
  const parts: Buffer[] = []
  const records: SplitRecord[] = []
  const refused: { index: number; code: RecordProblem }[] = []
  let index = 0
  let start = 0
  let made = 0
  for (const text of recordsOf(decodeLogs(body, encoding, MOST_RECORDS))) {
    if (index === MOST_RECORDS) throw new PipelineError('INTAKE_BODY_TOO_LARGE', { records: MOST_RECORDS })
    const part = text === null ? null : Buffer.from(text)
    made += part?.length ?? 0
    if (made > maxBytes) throw new PipelineError('INTAKE_BODY_TOO_LARGE', { bytes: maxBytes })
    if (part === null) refused.push({ index, code: 'RECORD_NOT_OBJECT' })
    else if (part.length > maxRecordBytes) refused.push({ index, code: 'RECORD_TOO_LARGE' })
    else {
      const key = keyField === '' || text === null ? null : keyOf(JSON.parse(text)[keyField])
      records.push({ index, start, end: start + part.length, key })
      parts.push(part)
      start += part.length
    }
    if (++index % TURN_RECORDS === 0) await turn()
  }
  return { bytes: Buffer.concat(parts), records, refused }
}
