/** Severities as steps compare them: OpenTelemetry's numbers, 1 to 24. */
import { severityNames } from '../../kernel/severities.ts'

/** Of a level's name or a number; NaN for anything else. */
export function severityNumber(text: string): number {
  const name = text.trim().toLowerCase()
  if (Object.hasOwn(severityNames, name)) return severityNames[name]!
  return name === '' ? Number.NaN : Number(name)
}
