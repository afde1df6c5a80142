/**
 * The curl calls of a page, and the answers that stand below them, for tests that run them: a block of sh with one
 * curl call, then a block with what it prints. "…" stands for what differs from time to time.
 */
import { isDeepStrictEqual } from 'node:util'

export interface Example {
  readonly call: string
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly language: string
  readonly answer: string
}

const pairs = /```sh\n(curl [^\n]+)\n```\n\n```(\w+)\n([\s\S]*?)\n?```/g

/** All calls of a page that are followed by an answer. */
export const examplesOf = (page: string): Example[] =>
  [...page.matchAll(pairs)].map(([, call, language, answer]) => ({
    ...parsed(call!),
    language: language!,
    answer: answer!,
  }))

/** A curl call of the options that the pages use. Throws on any other. */
function parsed(call: string): Omit<Example, 'language' | 'answer'> {
  const words = [...call.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
  const headers: Record<string, string> = {}
  let [method, url, body]: [string | null, string, string | null] = [null, '', null]
  for (let index = 1; index < words.length; index++) {
    const word = words[index]!
    if (word === '-X') method = words[++index]!
    else if (word === '-d') body = words[++index]!
    else if (word === '-H') {
      const [, name, value] = /^([\w-]+): (.*)$/.exec(words[++index]!)!
      headers[name!] = value!
    } else if (word.startsWith('http')) url = word
    else if (word !== '-s') throw new Error(`${word} in: ${call}`)
  }
  const { pathname, search } = new URL(url)
  return { call, method: method ?? (body === null ? 'GET' : 'POST'), path: pathname + search, headers, body }
}

/**
 * Where an answer differs from what a page says; null: nowhere. A key "…" allows for keys that are not shown.
 * @param isLive the data is another every time: values must be of the same type, and lists may go on
 */
export function differenceOf(actual: unknown, shown: unknown, isLive = false, at = 'answer'): string | null {
  if (shown === '…') return actual === undefined ? `${at} is missing` : null
  if (typeof shown !== 'object' || shown === null || typeof actual !== 'object' || actual === null) {
    const isSame = isLive ? typeof actual === typeof shown : isDeepStrictEqual(actual, shown)
    return isSame ? null : `${at}: ${JSON.stringify(actual)}, not ${JSON.stringify(shown)}`
  }
  const { '…': open, ...known } = shown as Record<string, unknown>
  const extra = Object.keys(actual).filter(key => !(key in known))
  if (extra.length > 0 && open === undefined && !(isLive && Array.isArray(actual)))
    return `${at} also has ${extra.join(', ')}`
  for (const [key, value] of Object.entries(known)) {
    const difference = differenceOf((actual as Record<string, unknown>)[key], value, isLive, `${at}.${key}`)
    if (difference !== null) return difference
  }
  return null
}
