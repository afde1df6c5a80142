/** Dead letters for people (a table, or all of one) and for scripts (JSON). */
import { isUtf8 } from 'node:buffer'
import Table from 'cli-table3'
import type { LetterContents, StoredLetter } from '../../store/dead-letters.ts'

const HEAD = ['topic', 'partition', 'offset', 'stored at', 'code', 'why', 'tries', 'replayed at']
const MOST_REASON = 60
const NONE = '–'

const iso = (date: Date | null): string | null => date?.toISOString() ?? null
const cut = (text: string): string =>
  text.length > MOST_REASON ? `${text.slice(0, MOST_REASON - 1)}…` : text
const why = ({ lastReason, reason, sqlstate }: StoredLetter): string =>
  lastReason ?? (sqlstate === null ? reason : `${sqlstate}: ${reason}`)

/** The table and how many there are, with a line break at the end. */
export function lettersTable(letters: readonly StoredLetter[]): string {
  const table = new Table({
    head: HEAD,
    colAligns: ['left', 'right', 'right', 'left', 'left', 'left', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  })
  for (const letter of letters) {
    const { topic, partition, offset, at, code, attempts, replayedAt } = letter
    const times = [iso(at)!, iso(replayedAt) ?? NONE] as const
    table.push([topic, partition, offset, times[0], code, cut(why(letter)), attempts, times[1]])
  }
  return letters.length === 0 ? 'no dead letters\n' : `${table.toString()}\n${letters.length} shown\n`
}

/** What is known of a letter without its contents. */
export const letterJson = (letter: StoredLetter): object => ({
  topic: letter.topic,
  topic_id: letter.topicId,
  partition: letter.partition,
  offset: letter.offset,
  at: iso(letter.at),
  kafka_ts: iso(letter.kafkaTs),
  code: letter.code,
  sqlstate: letter.sqlstate,
  reason: letter.reason,
  bytes: letter.bytes,
  attempts: letter.attempts,
  attempted_at: iso(letter.attemptedAt),
  last_reason: letter.lastReason,
  replayed_at: iso(letter.replayedAt),
})

/** Text where it is UTF-8, and base64 always. */
export const contentsJson = ({ key, raw, headers, encoded }: LetterContents): object => ({
  key: textOf(key),
  key_base64: base64(key),
  raw: textOf(raw),
  raw_base64: base64(raw),
  headers: headers === null ? [] : headersOf(headers),
  encoded_base64: base64(encoded),
})

const textOf = (bytes: Buffer | null): string | null =>
  bytes !== null && isUtf8(bytes) ? bytes.toString('utf8') : null
const base64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null

function headersOf(json: Buffer): [string, string | null][] {
  const pairs = JSON.parse(json.toString('utf8')) as [string, string | null][]
  return pairs.map(([name, value]) => [
    name,
    value === null ? null : Buffer.from(value, 'base64').toString('utf8'),
  ])
}

/** Line by line, the value last; bytes that are no text, and control characters, as escapes. */
export function letterText(letter: StoredLetter, contents: LetterContents): string {
  const facts = { ...letterJson(letter) } as Record<string, unknown>
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(14)}${value ?? NONE}`)
  const { key, raw, headers, encoded } = contents
  lines.push(`${'key'.padEnd(14)}${printable(key)}`)
  for (const [name, value] of headers === null ? [] : headersOf(headers))
    lines.push(`${'header'.padEnd(14)}${printable(Buffer.from(`${name}: ${value ?? NONE}`))}`)
  if (encoded !== null)
    lines.push(`${'encoded row'.padEnd(14)}${encoded.length} bytes, the record was not kept`)
  lines.push(`${'value'.padEnd(14)}${printable(raw)}`)
  return `${lines.join('\n')}\n\n`
}

/** A record must not steer the terminal. */
function printable(bytes: Buffer | null): string {
  if (bytes === null) return NONE
  if (!isUtf8(bytes)) return `${bytes.toString('base64')} (base64)`
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return bytes.toString('utf8').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, escaped)
}
