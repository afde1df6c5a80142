/**
 * E-mail addresses: from each @ outwards, because a pattern that looks for the local part first takes quadratic time
 * on a long word. Source: the HTML standard's valid e-mail address.
 */
import { type Finder, none, type Span } from './find.ts'

const MAX_LOCAL_CHARS = 64
const local = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]/u
const domain = /[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/uy
/** What opens or joins and is rarely meant: "to=a@b.c", "'a@b.c'", "mail/a@b.c". */
const unlikely = /^.*[='`/&?{|]/

export const findEmails: Finder = text => {
  let at = text.indexOf('@')
  if (at < 0) return none
  const spans: Span[] = []
  let from = 0
  for (; at >= 0; at = text.indexOf('@', at + 1)) {
    domain.lastIndex = at + 1
    const found = domain.exec(text)
    if (!found) continue
    let start = at
    while (start > from && at - start < MAX_LOCAL_CHARS && local.test(text[start - 1]!)) start -= 1
    start += unlikely.exec(text.slice(start, at))?.[0].length ?? 0
    if (start === at) continue
    from = at + 1 + found[0].length
    spans.push({ start, end: from })
  }
  return spans
}
