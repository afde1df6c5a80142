/** The results of the mutation check for people. */
import Table from 'cli-table3'
import picocolors from 'picocolors'
import { mutants } from './catalogue.ts'
import type { MutantResult } from './result.ts'

const SECOND_MS = 1000
/** Of the columns that hold sentences. */
const WIDTH = 60

export const columns: readonly {
  readonly head: string
  readonly isNumber: boolean
  readonly width: number | null
  readonly of: (result: MutantResult) => string
}[] = [
  { head: 'mutant', isNumber: false, width: null, of: ({ mutant }) => mutant },
  { head: 'what is broken', isNumber: false, width: WIDTH, of: ({ mutant }) => breaksOf(mutant) },
  { head: 'scenario', isNumber: false, width: null, of: ({ scenario }) => scenario },
  { head: 'caught by', isNumber: false, width: WIDTH, of: ({ by }) => by },
  {
    head: 'seconds',
    isNumber: true,
    width: null,
    of: ({ durationMs }) => (durationMs / SECOND_MS).toFixed(0),
  },
  { head: 'verdict', isNumber: false, width: null, of: ({ verdict }) => verdict },
]

const breaksOf = (wanted: string): string => mutants.find(({ name }) => name === wanted)?.breaks ?? ''

/** With a line that sums up, and a line break at the end. */
export function mutantsTable(results: readonly MutantResult[], isTerminal: boolean): string {
  const colours = picocolors.createColors(isTerminal && picocolors.isColorSupported)
  const paint = { caught: colours.green, survived: colours.red, invalid: colours.red }
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ isNumber }) => (isNumber ? 'right' : 'left')),
    colWidths: columns.map(({ width }) => width),
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  })
  for (const result of results) {
    const cells = columns.map(({ of }) => of(result))
    table.push([...cells.slice(0, -1), paint[result.verdict](cells.at(-1)!)])
  }
  return `${table.toString()}\n${summary(results)}\n`
}

export function summary(results: readonly MutantResult[]): string {
  const of = (wanted: string): number => results.filter(({ verdict }) => verdict === wanted).length
  return `${of('caught')} of ${results.length} mutants caught, ${of('survived')} survived, ${of('invalid')} invalid`
}
