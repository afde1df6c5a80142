/** IPv4 and IPv6 addresses. Sources: RFC 4291, section 2.2 (text forms), RFC 4007 (zone). */
import { type Finder, none, type Span } from './find.ts'

const byte = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const v4 = new RegExp(`^${byte}(?:\\.${byte}){3}$`)
const candidates = /(?<![\w.:])[0-9A-Fa-f:][0-9A-Fa-f:.]{1,45}(?![\w])/g

/** Of the forms with and without `::`, also with an IPv4 address at the end. */
export function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const sides = halves.map(half => (half === '' ? [] : half.split(':')))
  const last = sides.at(-1)!
  const hasV4 = last.length > 0 && v4.test(last.at(-1)!)
  if (hasV4) last.splice(-1, 1, '0', '0')
  const count = sides.flat().length
  return (
    sides.flat().every(part => /^[0-9A-Fa-f]{1,4}$/.test(part)) &&
    (halves.length === 2 ? count < 8 : count === 8)
  )
}

export const findAddresses: Finder = text => {
  let spans: Span[] | null = null
  for (const found of text.matchAll(candidates)) {
    const address = addressIn(found[0])
    if (address === '') continue
    spans ??= []
    spans.push({ start: found.index, end: found.index + address.length })
  }
  return spans ?? none
}

/** Without what follows it: the full stop of a sentence, a colon, a port. */
function addressIn(candidate: string): string {
  const trimmed = candidate.endsWith('::') ? candidate : candidate.replace(/[.:]+$/, '')
  if (trimmed.includes(':') && trimmed !== '::' && isIpv6(trimmed)) return trimmed
  const withoutPort = trimmed.replace(/:\d{1,5}$/, '')
  return v4.test(withoutPort) ? withoutPort : ''
}
