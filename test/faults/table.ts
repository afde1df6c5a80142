/** The results of a run for people. */
import Table from 'cli-table3'
import picocolors from 'picocolors'
import type { ScenarioResult } from './result.ts'

const UNKNOWN = '–'
const SECOND_MS = 1000

export const columns: readonly {
  readonly head: string
  readonly isNumber: boolean
  readonly of: (result: ScenarioResult) => string
}[] = [
  { head: 'row', isNumber: false, of: ({ rows }) => rows.join(', ') },
  { head: 'scenario', isNumber: false, of: ({ scenario }) => scenario },
  { head: 'seed', isNumber: true, of: ({ seed }) => String(seed) },
  { head: 'records', isNumber: true, of: ({ records }) => records.toLocaleString('en-US') },
  { head: 'faults', isNumber: true, of: ({ faults }) => String(faults) },
  { head: 'lost', isNumber: true, of: ({ lost }) => count(lost) },
  { head: 'duplicated', isNumber: true, of: ({ duplicated }) => count(duplicated) },
  { head: 'phantom', isNumber: true, of: ({ phantom }) => count(phantom) },
  { head: 'reordered', isNumber: true, of: ({ reordered }) => count(reordered) },
  { head: 'gaps', isNumber: true, of: ({ gaps }) => count(gaps) },
  { head: 'recovered in', isNumber: true, of: ({ recoveryMs }) => seconds(recoveryMs) },
  { head: 'verdict', isNumber: false, of: verdictOf },
]

const count = (value: number | null): string => (value === null ? UNKNOWN : String(value))
const seconds = (ms: number | null): string => (ms === null ? UNKNOWN : `${(ms / SECOND_MS).toFixed(1)} s`)

function verdictOf({ verdict, why }: ScenarioResult): string {
  return verdict === 'skipped' ? `skipped: ${why}` : verdict
}

/** With a line for what failed, and a line break at the end. */
export function resultsTable(results: readonly ScenarioResult[], isTerminal: boolean): string {
  const colours = picocolors.createColors(isTerminal && picocolors.isColorSupported)
  const paint = { passed: colours.green, failed: colours.red, skipped: colours.yellow }
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ isNumber }) => (isNumber ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  })
  for (const result of results) {
    const cells = columns.map(({ of }) => of(result))
    table.push([...cells.slice(0, -1), paint[result.verdict](cells.at(-1)!)])
  }
  const failures = results
    .filter(({ verdict }) => verdict === 'failed')
    .map(({ scenario, seed, why }) => `${scenario} (--seed ${seed}): ${why}`)
  return `${[table.toString(), ...failures.map(line => colours.red(line)), summary(results)].join('\n')}\n`
}

export function summary(results: readonly ScenarioResult[]): string {
  const of = (verdict: string): number => results.filter(each => each.verdict === verdict).length
  const records = results.reduce((sum, each) => sum + each.records, 0).toLocaleString('en-US')
  const total = (key: 'lost' | 'duplicated' | 'phantom' | 'faults'): number =>
    results.reduce((sum, each) => sum + (each[key] ?? 0), 0)
  return (
    `${of('passed')} passed, ${of('failed')} failed, ${of('skipped')} skipped: ${records} records, ` +
    `${total('faults')} faults, ${total('lost')} lost, ${total('duplicated')} duplicated, ${total('phantom')} phantom`
  )
}
