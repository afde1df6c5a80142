/**
 * Numbers of payment cards: 12 to 19 digits, plain or in groups with single blanks or hyphens, of an issuer's range
 * and with a right check digit, so that times and ids are left alone. Source: ISO/IEC 7812 (Luhn, issuer ranges).
 */
import { type Finder, none, type Span } from './find.ts'

const runs = /\d(?:[ -]?\d){11,}/g
const groups = /\d+/g
const MIN_DIGITS = 12
const MAX_DIGITS = 19

/** American Express, Diners, JCB, Visa, Mastercard, Discover, UnionPay, Maestro, Mir. */
const issuers: readonly (readonly [RegExp, lengths: readonly number[]])[] = [
  [/^3[47]/, [15]],
  [/^3(?:0[0-5]|[689])/, [14, 15, 16, 17, 18, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720))/, [16]],
  [/^(?:6011|64[4-9]|65)/, [16, 17, 18, 19]],
  [/^(?:62|81)/, [16, 17, 18, 19]],
  [/^(?:5[06-9]|6)/, [12, 13, 14, 15, 16, 17, 18, 19]],
  [/^220[0-4]/, [16, 17, 18, 19]],
]

/** Digits only. Exported for the tests. */
export function isCardNumber(digits: string): boolean {
  const isIssued = issuers.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits))
  return isIssued && luhn(digits)
}

function luhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const doubled = i % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

export const findCards: Finder = text => {
  let spans: Span[] | null = null
  for (const run of text.matchAll(runs)) {
    spans ??= []
    findInRun(run[0], run.index, spans)
  }
  return spans ?? none
}

/** A number begins and ends with a group; the groups before and behind it may be something else, such as a date. */
function findInRun(run: string, offset: number, spans: Span[]): void {
  const parts = [...run.matchAll(groups)]
  for (let first = 0; first < parts.length; first++) {
    let digits = ''
    let end = -1
    for (let last = first; last < parts.length && digits.length <= MAX_DIGITS; last++) {
      digits += parts[last]![0]
      if (digits.length >= MIN_DIGITS && digits.length <= MAX_DIGITS && isCardNumber(digits)) end = last
    }
    if (end < 0) continue
    const last = parts[end]!
    spans.push({ start: offset + parts[first]!.index, end: offset + last.index + last[0].length })
    first = end
  }
}
