/**
 * logfmt, plainly: twin of src/kernel/assembly/logfmt.ts, go-escape.ts and pairs.ts.
 */
import { isNumberTaken, type Json } from './json.ts'
import { BROKEN } from './text.ts'

export class LogfmtError extends Error {}

const SPACE = /[ \t\n\r]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: they end a word
const KEY = /[^\u0000-\u0020="]+/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: they end a word
const WORD = /[^\u0000-\u0020"]*/y
const QUOTED = /"((?:[^"\\]|\\(?:["\\/bfnrtav']|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8}))*)"/y
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|U([0-9a-fA-F]{8})|(.))/g
const SPACE_OR_END = /[ \t\n\r]|$/y
const letters: Readonly<Record<string, string>> = {
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', a: '\x07', v: '\v' },
}

/** A pair; a bare key stands for true, and fills no column. */
export interface Pair {
  readonly key: string
  readonly value: Json
  readonly isBare: boolean
}

/** All pairs of a text. @throws LogfmtError where the grammar breaks, or where there is no pair with "=" */
export function parseLogfmt(text: string): Pair[] {
  let at = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found !== null) at += found[0].length
    return found
  }
  const expectEnd = (): void => {
    SPACE_OR_END.lastIndex = at
    if (!SPACE_OR_END.test(text)) throw new LogfmtError()
  }
  const value = (): Json => {
    if (text[at] === '"') {
      const quoted = match(QUOTED)
      if (quoted === null) throw new LogfmtError()
      return { kind: 'string', text: unescaped(quoted[1]!) }
    }
    const word = match(WORD)![0]
    expectEnd()
    return wordValue(word)
  }
  const pairs: Pair[] = []
  for (match(SPACE); at < text.length; match(SPACE)) {
    const key = match(KEY)?.[0]
    if (key === undefined) throw new LogfmtError()
    const isBare = text[at] !== '='
    if (isBare) expectEnd()
    else at += 1
    pairs.push({ key, isBare, value: isBare ? { kind: 'boolean', text: 'true' } : value() })
  }
  if (pairs.every(pair => pair.isBare)) throw new LogfmtError()
  return pairs
}

function wordValue(word: string): Json {
  if (word === 'true' || word === 'false') return { kind: 'boolean', text: word }
  if (word === 'null') return { kind: 'null', text: word }
  const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?$/.test(word) && isNumberTaken(word)
  return { kind: isNumber ? 'number' : 'string', text: word }
}

const unescaped = (text: string): string =>
  text.replace(ESCAPE, (_, unit, byte, point, letter) => {
    if (unit) return String.fromCharCode(Number.parseInt(unit, 16))
    if (letter) return letters[letter] ?? letter
    const code = Number.parseInt(byte ?? point, 16)
    const isCode = byte ? code < 0x80 : code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    return isCode ? String.fromCodePoint(code) : BROKEN
  })
