/** A record as one line: for people at a terminal, coloured by severity, or JSON for pipes. */
import picocolors from 'picocolors'
import type { LogRecord } from '../../query/contract.ts'

/** Writes a record as text with a line break at its end. */
export type RecordLine = (record: LogRecord) => string

const json: RecordLine = record => `${JSON.stringify(record)}\n`

/** Severity numbers from which on a colour holds. */
const ERROR = 17
const WARN = 13
const INFO = 9
const LONGEST_CLASS = 5

/** What a terminal would obey: colours, cursor, title. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
const harmless = (text: string): string =>
  text.replace(controls, found => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** JSON where it is asked for and wherever nobody looks. */
export function recordLineFor(isJson: boolean, isTerminal: boolean): RecordLine {
  if (isJson || !isTerminal) return json
  const colours = picocolors.createColors(picocolors.isColorSupported)
  const plain = (text: string): string => text
  const colourOf = (severity: number): ((text: string) => string) => {
    if (severity >= ERROR) return colours.red
    if (severity >= WARN) return colours.yellow
    return severity >= INFO ? plain : colours.dim
  }
  return ({ attrs, message, service, severity, severity_text: name, ts }) => {
    const facts = Object.keys((attrs as object) ?? {}).length === 0 ? '' : ` ${JSON.stringify(attrs)}`
    const head = colourOf(severity)(name.toUpperCase().padEnd(LONGEST_CLASS))
    const text = harmless(message ?? '')
    return `${colours.dim(ts.slice(0, -4))} ${head} ${colours.cyan(harmless(service ?? '–'))} ${text}${colours.dim(harmless(facts))}\n`
  }
}
