/**
 * The expressions of `drop` and `keep`:
 *
 *   either     = both { "or" both }
 *   both       = negation { "and" negation }
 *   negation   = "not" negation | "(" either ")" | test
 *   test       = field ( sign operand | ["not"] "in" list | "contains" text | "matches" text | "exists" )
 *   sign       = "==" | "!=" | "<" | "<=" | ">" | ">="
 *   operand    = literal | field
 *   list       = "[" literal { "," literal } "]"
 *   literal    = text | number | "true" | "false" | "null"
 *
 * A field is a word with dots, or anything in backquotes. Neighbours: lexer.ts, evaluate.ts, print.ts.
 */
import { StepProblem } from '../problem.ts'
import { type Token, tokensOf } from './lexer.ts'

export type Literal = string | number | boolean | null
export type Sign = '==' | '!=' | '<' | '<=' | '>' | '>='
export type Operand = { readonly field: string } | { readonly literal: Literal }
export type Expression =
  | { readonly type: 'or' | 'and'; readonly left: Expression; readonly right: Expression }
  | { readonly type: 'not'; readonly of: Expression }
  | { readonly type: 'compare'; readonly field: string; readonly sign: Sign; readonly with: Operand }
  | { readonly type: 'in'; readonly field: string; readonly literals: readonly Literal[] }
  | { readonly type: 'contains' | 'matches'; readonly field: string; readonly text: string }
  | { readonly type: 'exists'; readonly field: string }

/** Words of the language; a field of such a name stands in backquotes. */
export const reserved: ReadonlySet<string> = new Set([
  'and',
  'or',
  'not',
  'in',
  'contains',
  'matches',
  'exists',
  'true',
  'false',
  'null',
])
const signs: readonly string[] = ['==', '!=', '<', '<=', '>', '>=']
const MAX_DEPTH = 100

/** Throws StepProblem with the place of what does not fit. */
export const parseExpression = (source: string, option: string): Expression =>
  new Parser(source, option).parse()

class Parser {
  private readonly tokens: readonly Token[]
  private readonly option: string
  private at = 0
  private depth = 0

  constructor(source: string, option: string) {
    this.tokens = tokensOf(source, option)
    this.option = option
  }

  parse(): Expression {
    const expression = this.either()
    if (this.token.kind !== 'end') throw this.expected('"and", "or" or the end')
    return expression
  }

  private get token(): Token {
    return this.tokens[this.at]!
  }

  private either(): Expression {
    let left = this.both()
    while (this.takes('or')) left = { type: 'or', left, right: this.both() }
    return left
  }

  private both(): Expression {
    let left = this.negation()
    while (this.takes('and')) left = { type: 'and', left, right: this.negation() }
    return left
  }

  private negation(): Expression {
    this.depth += 1
    if (this.depth > MAX_DEPTH) throw new StepProblem(this.option, `is nested more than ${MAX_DEPTH} deep`)
    const expression = this.operation()
    this.depth -= 1
    return expression
  }

  private operation(): Expression {
    if (this.takes('not')) return { type: 'not', of: this.negation() }
    if (!this.takes('(')) return this.test()
    const inner = this.either()
    if (!this.takes(')')) throw this.expected('")"')
    return inner
  }

  private test(): Expression {
    const field = this.field()
    const { kind, text } = this.token
    if (kind === 'sign' && signs.includes(text)) {
      this.at += 1
      return { type: 'compare', field, sign: text as Sign, with: this.operand() }
    }
    if (this.takes('exists')) return { type: 'exists', field }
    if (this.takes('in')) return { type: 'in', field, literals: this.list() }
    if (this.takes('contains')) return { type: 'contains', field, text: this.text() }
    if (this.takes('matches')) return { type: 'matches', field, text: this.text() }
    if (this.takes('not')) {
      if (!this.takes('in')) throw this.expected('"in"')
      return { type: 'not', of: { type: 'in', field, literals: this.list() } }
    }
    throw this.expected(`${signs.join(' ')} in, contains, matches or exists`)
  }

  private field(): string {
    const { kind, text } = this.token
    const isField = kind === 'name' || (kind === 'word' && !reserved.has(text))
    if (!isField) throw this.expected('the name of a field')
    this.at += 1
    return text
  }

  private operand(): Operand {
    const literal = this.literal()
    if (literal !== undefined) return { literal }
    const { kind, text } = this.token
    if (kind === 'name' || (kind === 'word' && !reserved.has(text))) return { field: this.field() }
    throw this.expected('a text in quotes, a number, true, false, null or a field')
  }

  private literal(): Literal | undefined {
    const { kind, text } = this.token
    const words: Readonly<Record<string, Literal>> = { true: true, false: false, null: null }
    let literal: Literal | undefined
    if (kind === 'text') literal = text
    else if (kind === 'number') literal = Number(text)
    else if (kind === 'word' && Object.hasOwn(words, text)) literal = words[text]
    if (literal !== undefined) this.at += 1
    return literal
  }

  private list(): readonly Literal[] {
    if (!this.takes('[')) throw this.expected('a list such as ["a", "b"]')
    const literals: Literal[] = []
    do {
      const literal = this.literal()
      if (literal === undefined) throw this.expected('a text in quotes, a number, true, false or null')
      literals.push(literal)
    } while (this.takes(','))
    if (!this.takes(']')) throw this.expected('"," or "]"')
    return literals
  }

  private text(): string {
    const { kind, text } = this.token
    if (kind !== 'text') throw this.expected('a text in quotes')
    this.at += 1
    return text
  }

  private takes(text: string): boolean {
    const { token } = this
    if ((token.kind !== 'word' && token.kind !== 'sign') || token.text !== text) return false
    this.at += 1
    return true
  }

  private expected(what: string): StepProblem {
    const { kind, text, at } = this.token
    const found = kind === 'end' ? 'ends' : `has ${JSON.stringify(text)}`
    return new StepProblem(this.option, `${found} at character ${at} where ${what} is expected`)
  }
}
