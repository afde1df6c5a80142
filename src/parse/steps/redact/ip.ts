/** IPv4 and IPv6 addresses. Sources: RFC 4291, section 2.2 (text forms), RFC 4007 (zone). */
import { byPattern, type Finder, none, type Span } from './find.ts'

const byte = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const v4 = `${byte}(?:\\.${byte}){3}`
const wholeV4 = new RegExp(`^${v4}$`)
/** After a colon one may begin (`client:::1`), but not in the middle of a word (`std::string`). */
const v6Candidates = /(?<![\w.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,41}(?!\w)/g
/** What every form of IPv6 has, and times of day have not. */
const mayHoldV6 = /::|(?:[0-9A-Fa-f]{1,4}:){6}/

/** Of the forms with and without `::`, also with an IPv4 address at the end. */
export function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const sides = halves.map(half => (half === '' ? [] : half.split(':')))
  const last = sides.at(-1)!
  const hasV4 = last.length > 0 && wholeV4.test(last.at(-1)!)
  if (hasV4) last.splice(-1, 1, '0', '0')
  const count = sides.flat().length
  return (
    sides.flat().every(part => /^[0-9A-Fa-f]{1,4}$/.test(part)) &&
    (halves.length === 2 ? count < 8 : count === 8)
  )
}

const findV6: Finder = text => {
  if (!mayHoldV6.test(text)) return none
  const spans: Span[] = []
  for (const found of text.matchAll(v6Candidates)) {
    const candidate = found[0]
    // Without the full stop or colon of a sentence.
    const address = candidate.endsWith('::') ? candidate : candidate.replace(/[.:]{1,2}$/, '')
    if (address === '::' || !isIpv6(address)) continue
    spans.push({ start: found.index, end: found.index + address.length })
  }
  return spans
}

/** A version of five parts is none; a port or a full stop may follow. */
const findV4 = byPattern(new RegExp(`(?<![\\w.])${v4}(?!\\w|\\.\\d)`, 'g'))

/** The longer ones first, for they may end in one of the others. */
export const addressFinders: readonly Finder[] = [findV6, findV4]
