/** What a finder says: where something to redact begins and ends. Neighbours: the finders, redact.ts. */

export interface Span {
  readonly start: number
  readonly end: number
}

/** From left to right, none touching another. Linear in the text's length. */
export type Finder = (text: string) => readonly Span[]
export const none: readonly Span[] = Object.freeze([])

/** By a regular expression with the flags g and d; group 1, where there is one, is the span. */
export const byPattern =
  (pattern: RegExp): Finder =>
  text => {
    const spans: Span[] = []
    pattern.lastIndex = 0
    for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
      const [start, end] = found.indices![1] ?? found.indices![0]!
      spans.push({ start, end })
      if (pattern.lastIndex === found.index) pattern.lastIndex += 1
    }
    return spans
  }
