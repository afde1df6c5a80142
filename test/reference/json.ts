/**
 * A JSON parser that keeps what JSON.parse loses (digits of numbers, repeated keys), by recursive descent: twin of
 * src/kernel/assembly/json.ts and number.ts. Tests hold it to JSON.parse.
 */
import { sanitize } from './text.ts'

export type Json =
  | { readonly kind: 'object'; readonly members: readonly (readonly [key: string, value: Json])[] }
  | { readonly kind: 'array'; readonly items: readonly Json[] }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number' | 'boolean' | 'null'; readonly text: string }

export class JsonError extends Error {
  readonly isTooDeep: boolean
  constructor(isTooDeep: boolean) {
    super(isTooDeep ? 'too deep' : 'not JSON')
    this.isTooDeep = isTooDeep
  }
}

const MAX_DEPTH = 512
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y
const LITERAL = /true|false|null/y
const SPACE = /[ \t\n\r]*/y

/** Parses a whole text. @throws JsonError at the first fault. */
export function parseJson(text: string): Json {
  let at = 0
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? null
    if (found !== null) at += found.length
    return found
  }
  const expect = (character: string): void => {
    if (text[at] !== character) throw new JsonError(false)
    at += 1
  }
  const string = (): string => {
    const found = match(STRING)
    if (found === null) throw new JsonError(false)
    return JSON.parse(found) as string
  }
  const list = <T>(close: string, item: () => T): T[] => {
    const items: T[] = []
    at += 1
    match(SPACE)
    if (text[at] === close) {
      at += 1
      return items
    }
    for (;;) {
      items.push(item())
      match(SPACE)
      if (text[at] === close) {
        at += 1
        return items
      }
      expect(',')
      match(SPACE)
    }
  }
  const value = (depth: number): Json => {
    if ((text[at] === '{' || text[at] === '[') && depth >= MAX_DEPTH) throw new JsonError(true)
    if (text[at] === '{') return { kind: 'object', members: list('}', () => member(depth + 1)) }
    if (text[at] === '[') return { kind: 'array', items: list(']', () => value(depth + 1)) }
    if (text[at] === '"') return { kind: 'string', text: string() }
    const number = match(NUMBER)
    if (number !== null) return { kind: 'number', text: number }
    const literal = match(LITERAL)
    if (literal === null) throw new JsonError(false)
    return { kind: literal === 'null' ? 'null' : 'boolean', text: literal }
  }
  const member = (depth: number): [string, Json] => {
    const key = string()
    match(SPACE)
    expect(':')
    match(SPACE)
    return [key, value(depth)]
  }
  match(SPACE)
  const parsed = value(0)
  match(SPACE)
  if (at !== text.length) throw new JsonError(false)
  return parsed
}

/** One text for all ways of writing the same. */
export function printJson(json: Json): string {
  switch (json.kind) {
    case 'object':
      return `{${json.members.map(([key, value]) => `${JSON.stringify(key)}:${printJson(value)}`).join(',')}}`
    case 'array':
      return `[${json.items.map(printJson).join(',')}]`
    case 'string':
      return JSON.stringify(json.text)
    default:
      return json.text
  }
}

/**
 * The members of the object, and of objects that are its members, in the order in which jsonb keeps them: by length of
 * the key in bytes, then by the bytes. Equal keys stay in their order, of which jsonb takes the last.
 */
export function orderMembers(json: Json): Json {
  if (json.kind !== 'object') return json
  const members = json.members.map(([key, value]) => ({
    key,
    bytes: Buffer.from(key),
    value: orderMembers(value),
  }))
  members.sort((a, b) => a.bytes.length - b.bytes.length || a.bytes.compare(b.bytes))
  return { kind: 'object', members: members.map(({ key, value }) => [key, value] as const) }
}

/** Does jsonb's numeric take it: at most 131072 digits before the point and 16383 behind? */
export function isNumberTaken(text: string): boolean {
  const [, integer = '', fraction = '', exponent = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE](.+))?$/.exec(text) ?? []
  return integer.length + Number(exponent) <= 131072 && fraction.length - Number(exponent) <= 16383
}

/** What jsonb takes in place of it, and whether that differs. */
export function sanitizeJson(json: Json): { json: Json; isChanged: boolean } {
  let isChanged = false
  const text = (raw: string): string => {
    const clean = sanitize(raw)
    isChanged ||= clean.isChanged
    return clean.text
  }
  const walk = (node: Json): Json => {
    switch (node.kind) {
      case 'object':
        return {
          kind: 'object',
          members: node.members.map(([key, value]) => [text(key), walk(value)] as const),
        }
      case 'array':
        return { kind: 'array', items: node.items.map(walk) }
      case 'string':
        return { kind: 'string', text: text(node.text) }
      case 'number':
        if (isNumberTaken(node.text)) return node
        isChanged = true
        return { kind: 'string', text: node.text }
      default:
        return node
    }
  }
  return { json: walk(json), isChanged }
}
