/** What a finder says: where something to redact begins and ends. Neighbours: the finders, redact.ts. */

export interface Span {
  readonly start: number
  readonly end: number
}

/** From left to right, none touching another. Linear in the text's length. */
export type Finder = (text: string) => readonly Span[]
export const none: readonly Span[] = Object.freeze([])

/** By a regular expression with the flag g; group 1, where there is one, is the span, and ends with the match. */
export const byPattern =
  (pattern: RegExp): Finder =>
  text => {
    pattern.lastIndex = 0
    let found = pattern.exec(text)
    if (!found) return none
    const spans: Span[] = []
    for (; found; found = pattern.exec(text)) {
      const end = found.index + found[0].length
      spans.push({ start: end - (found[1] ?? found[0]).length, end })
    }
    return spans
  }
