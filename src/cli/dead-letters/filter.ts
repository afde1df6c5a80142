/** The filters that all sub-commands of dead-letters take, as options and as a filter of the store. */
import { type Command, InvalidArgumentError } from 'commander'
import type { LetterFilter, LetterState } from '../../store/dead-letters.ts'
import { sinceOf } from '../verify.ts'

export interface LetterOptions {
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly code?: string
  /** ms since 1970. */
  readonly since?: number
  readonly until?: number
}

/** Adds the options. */
export const withFilters = (command: Command): Command =>
  command
    .option('-t, --topic <name>', 'of this topic')
    .option('-p, --partition <number>', 'of this partition', whole)
    .option('-o, --offset <number>', 'at this offset', whole)
    .option('--code <code>', 'with this code, such as parse_refused or row_refused')
    .option('--since <time>', 'stored since then: 2h, 7d or an ISO time', text => sinceOf(text))
    .option('--until <time>', 'stored before then: 2h, 7d or an ISO time', text => sinceOf(text))

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('write a whole number')
  return Number(text)
}

/** Does any filter narrow the choice? */
export const isNarrowed = ({ topic, partition, offset, code, since, until }: LetterOptions): boolean =>
  [topic, partition, offset, code, since, until].some(value => value !== undefined)

/** Of the group of the configuration: another group's letters are parsed by another configuration. */
export function filterOf(options: LetterOptions, groupId: string, state: LetterState): LetterFilter {
  const { topic, partition, offset, code, since, until } = options
  return {
    groupId,
    state,
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition }),
    ...(offset === undefined ? {} : { offset }),
    ...(code === undefined ? {} : { code }),
    ...(since === undefined ? {} : { sinceMs: since }),
    ...(until === undefined ? {} : { untilMs: until }),
  }
}
