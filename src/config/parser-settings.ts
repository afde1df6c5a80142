/** The part of the configuration that travels to the parse workers (src/parse/contract.ts), and nothing else. */
import type { ParserSettings } from '../parse/contract.ts'
import type { Config } from './types.ts'

/** What a worker needs to know for its whole life. */
export function parserSettings({ columns, parse, storage, limits }: Config): ParserSettings {
  const { traceId, spanId, ...sameName } = parse.aliases
  return {
    aliases: { ...sameName, trace_id: traceId, span_id: spanId },
    format: parse.format,
    columns,
    malformed: parse.malformed,
    keys: parse.keys,
    headers: parse.headers,
    segment: storage.segment,
    maxRecordBytes: limits.maxRecordBytes,
    maxBatchBytes: limits.maxBatchBytes,
  }
}
