/** The words of an expression with their places. Neighbour: parser.ts. */
import { StepProblem } from '../problem.ts'

export type TokenKind = 'word' | 'name' | 'text' | 'number' | 'sign' | 'end'

export interface Token {
  /** A `name` stands in backquotes and is a field whatever it says; a `word` is a field or a word of the language. */
  readonly kind: TokenKind
  /** Without quotes and escapes. */
  readonly text: string
  /** Characters from 1. */
  readonly at: number
}

const forms: readonly (readonly [TokenKind | 'blank', RegExp])[] = [
  ['blank', /\s+/y],
  ['number', /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y],
  ['word', /[\p{L}_@][\p{L}\p{N}_@.-]*/uy],
  ['name', /`[^`]+`/y],
  ['text', /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy],
  ['sign', /==|!=|<=|>=|<|>|\(|\)|\[|\]|,/y],
]

/** Throws StepProblem where nothing fits. The last one is the end. */
export function tokensOf(source: string, option: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    const found = next(source, at)
    if (!found) throw new StepProblem(option, unexpected(source, at))
    if (found.kind !== 'blank')
      tokens.push({ kind: found.kind, text: plain(found.kind, found.text), at: at + 1 })
    at += found.text.length
  }
  tokens.push({ kind: 'end', text: '', at: source.length + 1 })
  return tokens
}

function next(source: string, at: number): { kind: TokenKind | 'blank'; text: string } | null {
  for (const [kind, form] of forms) {
    form.lastIndex = at
    const found = form.exec(source)
    if (found) return { kind, text: found[0] }
  }
  return null
}

function unexpected(source: string, at: number): string {
  const char = source[at]!
  const place = `at character ${at + 1}`
  if (char === '"' || char === "'" || char === '`') return `has a ${char} ${place} that is never closed`
  if (char === '=') return `has "=" ${place}; write "=="`
  if (char === '&' || char === '|') return `has "${char}" ${place}; write "and" or "or"`
  if (char === '!') return `has "!" ${place}; write "not"`
  return `has ${JSON.stringify(char)} ${place}, which means nothing here`
}

/** Of the escapes only \\ and the quotes are undone, so that a regular expression may be written as it is. */
function plain(kind: TokenKind, text: string): string {
  if (kind === 'name') return text.slice(1, -1)
  return kind === 'text' ? text.slice(1, -1).replace(/\\(["'])/g, '$1') : text
}
