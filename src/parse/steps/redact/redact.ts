/**
 * The step `redact`: what the finders find is masked, hashed or removed, in texts and inside of JSON values.
 * Neighbours: the finders beside this file.
 */
import { createHmac } from 'node:crypto'
import { type CompiledStep, noCounts, type StepContext } from '../compiled.ts'
import { StepProblem } from '../problem.ts'
import type { OptionsOf } from '../schema.ts'
import type { Fields, Outcome } from '../step.ts'
import { findCards } from './card.ts'
import { findEmails } from './email.ts'
import type { Finder } from './find.ts'
import { addressFinders } from './ip.ts'
import { tokenFinders } from './token.ts'

type Kind = OptionsOf<'redact'>['kinds'][number]
type Replace = (kind: Kind, value: string) => string

/** In this order: a token may hold what looks like an address. */
const finders: readonly (readonly [Kind, readonly Finder[]])[] = [
  ['token', tokenFinders],
  ['email', [findEmails]],
  ['card', [findCards]],
  ['ip', addressFinders],
]
/** Equal things are hashed equally: a card's digits without blanks, an address without capitals. */
const normal: Readonly<Record<Kind, (value: string) => string>> = {
  token: value => value,
  email: value => value.toLowerCase(),
  card: value => value.replace(/\D/g, ''),
  ip: value => value.toLowerCase(),
}
const HASH_HEX_DIGITS = 16

class RedactStep implements CompiledStep {
  readonly kind = 'redact'
  readonly counts = noCounts
  readonly patterns = []
  private readonly names: readonly string[]
  private readonly hasAttributes: boolean
  private readonly redact: (text: string) => string

  constructor({ in: places }: OptionsOf<'redact'>, redact: (text: string) => string) {
    this.names = places.filter(name => name !== 'attrs')
    this.hasAttributes = places.includes('attrs')
    this.redact = redact
  }

  run(fields: Fields): Outcome {
    for (const name of this.names) this.change(fields, name)
    if (this.hasAttributes) for (const name of fields.names()) this.change(fields, name)
    return 'keep'
  }

  private change(fields: Fields, name: string): void {
    const text = fields.text(name)
    if (text === null) return
    const clean = redactValue(text, this.redact)
    if (clean !== text) fields.set(name, clean)
  }
}

/** In JSON each text and number by itself, because escapes could hide something; else the text. */
function redactValue(text: string, redact: (text: string) => string): string {
  const isJson = (text[0] === '{' && text.endsWith('}')) || (text[0] === '[' && text.endsWith(']'))
  const parsed = isJson ? parseJson(text) : undefined
  if (parsed === undefined) return redact(text)
  let isChanged = false
  const cleaned = JSON.stringify(parsed, (_, value: unknown) => {
    if (typeof value !== 'string' && typeof value !== 'number') return value
    const written = String(value)
    const clean = redact(written)
    if (clean === written) return value
    isChanged = true
    return clean
  })
  // Once more over the whole: numbers too large for JavaScript, names of fields, `"password":"…"`.
  return redact(isChanged ? cleaned : text)
}

/** Undefined: it only looks like JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The text without what is to be redacted; the same text if there is nothing. */
export function redactText(text: string, kinds: readonly Kind[], replace: Replace): string {
  let clean = text
  for (const [kind, finds] of finders) {
    if (!kinds.includes(kind)) continue
    for (const find of finds) clean = replaceSpans(clean, find, value => replace(kind, value))
  }
  return clean
}

function replaceSpans(text: string, find: Finder, replace: (value: string) => string): string {
  const spans = find(text)
  if (spans.length === 0) return text
  let clean = ''
  let from = 0
  for (const { start, end } of spans) {
    const value = text.slice(start, end)
    // What an earlier finder has put there stays.
    clean += text.slice(from, start) + (isReplaced(value) ? value : replace(value))
    from = end
  }
  return clean + text.slice(from)
}

const isReplaced = (value: string): boolean => /^\[(?:token|email|card|ip)[:\]]/.test(value)

/** Throws StepProblem where a hash has no key. */
export function compileRedact(options: OptionsOf<'redact'>, { redactKey }: StepContext): CompiledStep {
  const { kinds, mode } = options
  if (mode === 'hash' && redactKey === '')
    throw new StepProblem('mode', '"hash" needs a key; set parse.redact_key (LOGCOLLECTOR_PARSE_REDACT_KEY)')
  const replacements: Readonly<Record<typeof mode, Replace>> = {
    mask: kind => `[${kind}]`,
    remove: () => '',
    hash: (kind, value) => `[${kind}:${hashOf(normal[kind](value), redactKey)}]`,
  }
  return new RedactStep(options, text => redactText(text, kinds, replacements[mode]))
}

const hashOf = (value: string, key: string): string =>
  createHmac('sha256', key).update(value).digest('hex').slice(0, HASH_HEX_DIGITS)
