/**
 * The members of a JSON object as texts, for steps. The kernel has validated the object; its bytes come as latin1, one
 * character a byte, so that positions are the bytes' and what nobody touches goes back as it came.
 */

export interface Member {
  /** Decoded. */
  readonly key: string
  /** With quotes, as written. */
  readonly rawKey: string
  /** The value as written. */
  json: string
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = new Set([0x7b, 0x5b])
const CLOSE = new Set([0x7d, 0x5d])
const COMMA = 0x2c

/** The members of the object that the text is, in their order. */
export function membersOf(text: string): Member[] {
  const members: Member[] = []
  let p = skipSpace(text, 1)
  while (text.charCodeAt(p) === QUOTE) {
    const keyEnd = endOfString(text, p)
    const rawKey = text.slice(p, keyEnd)
    const value = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const valueEnd = endOfValue(text, value)
    members.push({ key: decodeText(rawKey), rawKey, json: text.slice(value, valueEnd) })
    p = skipSpace(text, valueEnd)
    if (text.charCodeAt(p) === COMMA) p = skipSpace(text, p + 1)
  }
  return members
}

export const objectOf = (members: readonly Member[]): string =>
  `{${members.map(({ rawKey, json }) => `${rawKey}:${json}`).join(',')}}`

function skipSpace(text: string, p: number): number {
  while (text.charCodeAt(p) <= 0x20) p++
  return p
}

/** Behind the closing quote of the string that opens at p. */
function endOfString(text: string, p: number): number {
  for (let end = text.indexOf('"', p + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = end - 1
    while (text.charCodeAt(slashes) === BACKSLASH) slashes--
    if ((end - slashes) % 2 === 1) return end + 1
  }
}

function endOfValue(text: string, p: number): number {
  const first = text.charCodeAt(p)
  if (first === QUOTE) return endOfString(text, p)
  if (OPEN.has(first)) return endOfContainer(text, p)
  for (;;) {
    const code = text.charCodeAt(++p)
    if (code <= 0x20 || code === COMMA || CLOSE.has(code) || Number.isNaN(code)) return p
  }
}

function endOfContainer(text: string, p: number): number {
  let depth = 0
  for (;;) {
    const code = text.charCodeAt(p)
    if (code === QUOTE) {
      p = endOfString(text, p)
      continue
    }
    p++
    if (OPEN.has(code)) depth++
    else if (CLOSE.has(code) && --depth === 0) return p
  }
}

export const isText = (json: string): boolean => json.charCodeAt(0) === QUOTE
export const isObject = (json: string): boolean => json.charCodeAt(0) === 0x7b

// biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII is what is meant
const NOT_ASCII = /[^\u0000-\u007f]/

/** The text of a string with its quotes; of anything else its JSON. */
export function decodeText(json: string): string {
  const utf8 = NOT_ASCII.test(json) ? Buffer.from(json, 'latin1').toString('utf8') : json
  if (!isText(utf8)) return utf8
  return utf8.includes('\\') ? (JSON.parse(utf8) as string) : utf8.slice(1, -1)
}

/** A value as JSON, in latin1 as above. */
export function encodeValue(value: string | number | boolean | null): string {
  const json = JSON.stringify(value)
  return NOT_ASCII.test(json) ? Buffer.from(json, 'utf8').toString('latin1') : json
}
