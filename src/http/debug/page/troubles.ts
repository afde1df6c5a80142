/** The sections about what went wrong: the last errors, restarts, and what the codes among them mean. */
import { type ErrorCode, errorKinds } from '../../../errors.ts'
import type { DebugState } from '../state.ts'
import { cell, clock, none, row } from './cells.ts'
import type { Cell, Section } from './model.ts'

type Facts = Readonly<Record<string, unknown>>

/** They stand in columns of their own, or in the table of codes. */
const shownApart = new Set(['code', 'error', 'remedy', 'restarts', 'child'])
const isCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(errorKinds, code)

const anchorOf = (code: string): string => `code-${code}`

const codeCell = ({ code }: Facts): Cell => (isCode(code) ? cell(code, 'bad', `#${anchorOf(code)}`) : none)

/** What happened, then the facts, such as "Redis does not answer: reason=…". */
function wordsOf(facts: Facts): string {
  const rest = Object.entries(facts).flatMap(([name, value]) =>
    shownApart.has(name) ? [] : [`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`],
  )
  return [...(typeof facts.error === 'string' ? [facts.error] : []), ...rest].join(' · ')
}

/** The latest first. */
export const troublesSection = ({ recent }: DebugState): Section => ({
  id: 'troubles',
  title: 'Last warnings and errors',
  columns: ['last (UTC)', ' times', 'first', 'event', 'code', 'what'],
  rows: [...recent]
    .reverse()
    .map(({ at, event, facts, level, since, times }) =>
      row(
        cell(clock(at)),
        cell(String(times)),
        cell(clock(since), 'quiet'),
        cell(event, level === 'error' ? 'bad' : 'warn'),
        codeCell(facts as Facts),
        cell(wordsOf(facts as Facts)),
      ),
    ),
  empty: 'none since the start',
})

export const restartsSection = ({ restartHistory, restarts }: DebugState): Section => ({
  id: 'restarts',
  title: `Restarts of parts (${Object.values(restarts).reduce((sum, each) => sum + each, 0)} since the start)`,
  columns: ['at (UTC)', 'part', ' its', 'code', 'because'],
  rows: [...restartHistory]
    .reverse()
    .map(({ at, child, facts, restarts: number }) =>
      row(
        cell(clock(at)),
        cell(child),
        cell(`${number}.`),
        codeCell(facts as Facts),
        cell(wordsOf(facts as Facts)),
      ),
    ),
  empty: 'none',
})

/** Every code above with what docs/errors.md says of it. */
export function codesSection({ recent, restartHistory }: DebugState): Section {
  const codes = [...recent, ...restartHistory].map(({ facts }) => (facts as Facts).code).filter(isCode)
  return {
    id: 'codes',
    title: 'What the codes mean (docs/errors.md)',
    columns: ['code', 'meaning', 'remedy', 'retried'],
    rows: [...new Set(codes)].sort().map(code => {
      const { meaning, remedy, retryable } = errorKinds[code]
      const cells = [cell(code), cell(meaning), cell(remedy), cell(retryable ? 'yes' : 'no')]
      return { id: anchorOf(code), cells }
    }),
    empty: 'no codes above',
  }
}
