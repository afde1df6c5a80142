/**
 * Severities, plainly: twin of src/kernel/assembly/severity.ts.
 */
import { severityNames, syslogSeverities } from '../../src/kernel/severities.ts'

const MAX_BYTES = 64

/** OpenTelemetry's number for a text or number; 0 when it says nothing. */
export function parseSeverity(text: string, isOpenTelemetry: boolean): number {
  if (Buffer.byteLength(text) > MAX_BYTES) return 0
  const word = text.replace(/^ +| +$/g, '').replace(/[A-Z]/g, letter => letter.toLowerCase())
  if (/^(\d|[1-9]\d)$/.test(word)) return byNumber(Number(word), isOpenTelemetry)
  return Object.hasOwn(severityNames, word) ? severityNames[word]! : 0
}

function byNumber(level: number, isOpenTelemetry: boolean): number {
  if (isOpenTelemetry) return level <= 24 ? level : 0
  const pino: Readonly<Record<number, number>> = { 10: 1, 20: 5, 30: 9, 40: 13, 50: 17, 60: 21 }
  return syslogSeverities[level] ?? pino[level] ?? 0
}
