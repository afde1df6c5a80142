/** What is measured: the kernel over each format, its parts alone over plain JSON, and JSON.parse beside them. */
import type { ExtraColumn, ParserSettings } from '../../src/parse/contract.ts'
import { LINES } from './clock.ts'
import { accessLine, logfmtLine, logLine, newSyslogLine, oldSyslogLine } from './input.ts'
import { prepare, START_MS } from './prepared.ts'

export interface Program {
  readonly name: string
  /** Of a line, in the mean. */
  readonly bytes: number
  /** Deals with all lines. */
  readonly run: () => void
}

const columns: readonly ExtraColumn[] = [
  { name: 'status', from: 'status', type: 'smallint' },
  { name: 'duration_ms', from: 'duration_ms', type: 'double precision' },
  { name: 'path', from: 'path', type: 'text' },
]

type LineOf = (n: number, startMs: number) => string

const linesOf = (line: LineOf): string[] => Array.from({ length: LINES }, (_, i) => line(i, START_MS))

export const jsonLines = (): string[] => linesOf(logLine)

const meanBytes = (lines: readonly string[]): number =>
  lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / LINES

const variants: readonly (readonly [name: string, line: LineOf, changes: Partial<ParserSettings>])[] = [
  ['logfmt', logfmtLine, { format: 'logfmt' }],
  ['raw', logLine, { format: 'raw' }],
  ['auto, JSON', logLine, { format: 'auto' }],
  ['auto, logfmt', logfmtLine, { format: 'auto' }],
  ['access, combined', accessLine, { format: 'access' }],
  ['syslog, RFC 3164', oldSyslogLine, { format: 'syslog' }],
  ['syslog, RFC 5424', newSyslogLine, { format: 'syslog' }],
  ['auto, access', accessLine, { format: 'auto' }],
  ['auto, RFC 3164', oldSyslogLine, { format: 'auto' }],
  ['json, 3 columns', logLine, { columns }],
]

/** Plain JSON is apart, as its parts and JSON.parse belong to it. */
export interface Programs {
  readonly json: Program
  readonly checksum: Program
  readonly decode: Program
  readonly jsonParse: Program
  readonly formats: readonly Program[]
}

export function preparePrograms(): Programs {
  const lines = jsonLines()
  const bytes = meanBytes(lines)
  const { walk, checksum, decode } = prepare(lines, {})
  const runJsonParse = (): void => {
    for (const line of lines) JSON.parse(line)
  }
  return {
    json: { name: 'json', bytes, run: walk },
    checksum: { name: 'CRC-32C', bytes, run: checksum },
    decode: { name: 'decode', bytes, run: decode },
    jsonParse: { name: 'JSON.parse', bytes, run: runJsonParse },
    formats: variants.map(([name, line, changes]) => {
      const made = linesOf(line)
      return { name, bytes: meanBytes(made), run: prepare(made, changes).walk }
    }),
  }
}
