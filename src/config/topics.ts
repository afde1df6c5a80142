/** What the items of kafka.topics mean: names, and regular expressions between slashes. For the source and the commands. */

const PATTERN = /^\/(.+)\/$/

export const isPattern = (item: string): boolean => PATTERN.test(item)

/** @throws SyntaxError where it is no regular expression */
export const patternOf = (item: string): RegExp => new RegExp(PATTERN.exec(item)![1]!)

/** Kafka's own and those of tools beside it; only a name in full takes one. */
export const isInternalName = (topic: string): boolean => topic.startsWith('__')

export interface PresentTopic {
  readonly name: string
  readonly isInternal: boolean
}

/** Where only names are known. */
export const presentTopics = (names: Iterable<string>): PresentTopic[] =>
  [...names].map(name => ({ name, isInternal: isInternalName(name) }))

export interface SelectedTopics {
  /** Names in the order of the setting, then what the expressions match, sorted. */
  readonly topics: readonly string[]
  /** Names of which there is no topic. */
  readonly missing: readonly string[]
}

export function selectTopics(items: readonly string[], present: readonly PresentTopic[]): SelectedTopics {
  const names = items.filter(item => !isPattern(item))
  const patterns = items.filter(isPattern).map(patternOf)
  const there = new Set(present.map(({ name }) => name))
  const matching = present
    .filter(({ isInternal, name }) => !isInternal && !isInternalName(name))
    .filter(({ name }) => patterns.some(pattern => pattern.test(name)))
    .map(({ name }) => name)
    .sort()
  return {
    topics: [...new Set([...names.filter(name => there.has(name)), ...matching])],
    missing: names.filter(name => !there.has(name)),
  }
}
