/**
 * When a cached answer is out of date: time is a tree of days, hours and minutes, and Redis holds a token for each node
 * that is replaced when rows of its time arrive. An answer is kept under the tokens of its range. Neighbours: cache.ts
 * reads the tokens, announcer.ts replaces them.
 *
 *   t:<node>  replaced when rows arrive in it or below it
 *   w:<node>  replaced when rows may have arrived anywhere in it: a range that covers it whole
 *   epoch     replaced when nobody knows what has arrived
 *
 * So a range is a few nodes for both sides: who reads a node asks for its t and the w of what it lies in; who touched a
 * node replaces its own w and t and the t of what it lies in.
 */

const MINUTE_MS = 60_000
/** Minutes of a node, by level. */
const sizes = { d: 1440, h: 60, m: 1 } as const
type Level = keyof typeof sizes

interface Node {
  readonly level: Level
  readonly index: number
}

/** Wider ranges are not followed: an answer over them only ages, rows in them make a new epoch. */
const MOST_DAYS = 400

/** A token outlives every answer that is kept under it; see MOST_KEPT_MS in plan.ts. */
export const TOKEN_TTL_MS = 6 * 3_600_000

export const epochKey = 'epoch'
const touchedKey = ({ level, index }: Node): string => `t:${level}${index}`
const wholeKey = ({ level, index }: Node): string => `w:${level}${index}`

/** The greatest nodes that make up the range, widened to whole minutes; null when it is too wide. */
function coverOf(fromMs: number, toMs: number): Node[] | null {
  const end = Math.ceil(toMs / MINUTE_MS)
  let minute = Math.floor(fromMs / MINUTE_MS)
  if (end - minute > MOST_DAYS * sizes.d) return null
  const nodes: Node[] = []
  while (minute < end) {
    const fits = (level: Level) => minute % sizes[level] === 0 && minute + sizes[level] <= end
    const level = fits('d') ? 'd' : fits('h') ? 'h' : 'm'
    nodes.push({ level, index: minute / sizes[level] })
    minute += sizes[level]
  }
  return nodes
}

/** What a node lies in. */
function ancestorsOf({ level, index }: Node): Node[] {
  const minute = index * sizes[level]
  const levels: Level[] = level === 'm' ? ['h', 'd'] : level === 'h' ? ['d'] : []
  return levels.map(each => ({ level: each, index: Math.floor(minute / sizes[each]) }))
}

/** Names of the tokens that an answer over the range depends on; null when it is too wide for any. */
export function keysToRead(fromMs: number, toMs: number): string[] | null {
  const cover = coverOf(fromMs, toMs)
  if (cover === null) return null
  return unique([epochKey, ...cover.flatMap(node => [touchedKey(node), ...ancestorsOf(node).map(wholeKey)])])
}

/** Names of the tokens to replace when rows arrived with times from the least to the greatest, both inclusive. */
export function keysToReplace(minMs: number, maxMs: number): string[] {
  const cover = coverOf(minMs, maxMs + 1)
  if (cover === null) return [epochKey]
  return unique(
    cover.flatMap(node => [
      ...(node.level === 'm' ? [] : [wholeKey(node)]),
      ...[node, ...ancestorsOf(node)].map(touchedKey),
    ]),
  )
}

const unique = (names: readonly string[]): string[] => [...new Set(names)]
