/**
 * The step `severity`: the level that a text speaks of. Only the beginning is looked at, where loggers write it, and a
 * word in lower case counts only where it stands as a level does: in brackets, before a colon, behind `level=`.
 */
import { type CompiledStep, noCounts } from './compiled.ts'
import type { OptionsOf } from './schema.ts'
import { severityNumber } from './severity-number.ts'
import type { Fields } from './step.ts'

const LOOKED_AT_CHARS = 200
const names =
  'trace|debug|info|notice|warn|warning|error|err|severe|critical|crit|alert|fatal|emerg|emergency|panic'
const marked = new RegExp(
  `[[(<](${names})[\\])>:|]|^(${names}):|[ \\])](${names}):|\\b(?:level|lvl|severity|loglevel)["']?[=:] ?["']?(${names})\\b`,
  'i',
)
const shouted = new RegExp(`(?<![\\w./-])(${names.toUpperCase()})(?![\\w./-])`)
const raised = /^Traceback \(most recent call last\)|^Exception in thread |\b\w{1,60}(?:Exception|Error): /

/** The OpenTelemetry severity number, or null. */
export function inferSeverity(text: string): number | null {
  const head = text.length > LOOKED_AT_CHARS ? text.slice(0, LOOKED_AT_CHARS) : text
  const found = shouted.exec(head) ?? marked.exec(head)
  const word = found && (found[1] ?? found[2] ?? found[3] ?? found[4])
  if (word) return severityNumber(word)
  return raised.test(head) ? severityNumber('error') : null
}

export const compileSeverity = ({ field }: OptionsOf<'severity'>): CompiledStep => ({
  kind: 'severity',
  counts: noCounts,
  patterns: [],
  run: (fields: Fields) => {
    if (fields.text('severity') !== null) return 'keep'
    const severity = inferSeverity(fields.text(field) ?? '')
    if (severity !== null) fields.set('severity', severity)
    return 'keep'
  },
})
