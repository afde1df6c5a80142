/** An explanation as tables, for people. Neighbour: explainer.ts. */
import Table from 'cli-table3'
import type { Explanation } from './explainer.ts'

const WIDEST = 100

const cut = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text)

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({ head: [...head], style: { head: [], border: [] } })
  made.push(...rows.map(row => row.map(cut)))
  return made.toString()
}

const changed = ({ name, before, after }: Explanation['steps'][number]['changes'][number]): string =>
  after === null ? `- ${name}` : `${before === null ? '+' : '~'} ${name}: ${cut(after)}`

/** Pipeline, fields, steps, and the row or why there is none. */
export function explanationText({ pipeline, format, fields, steps, row, reason }: Explanation): string {
  const parts = [`pipeline ${pipeline}, format ${format}`]
  parts.push(
    table(
      ['field', 'type', 'value'],
      fields.map(({ name, type, value }) => [name, type, value]),
    ),
  )
  if (steps.length > 0) {
    const rows = steps.map(({ kind, outcome, microseconds, changes }, index) => [
      `${index + 1} ${kind}`,
      outcome,
      `${microseconds} µs`,
      changes.map(changed).join('\n'),
    ])
    const made = new Table({ head: ['step', 'outcome', 'time', 'effect'], style: { head: [], border: [] } })
    made.push(...rows)
    parts.push(made.toString())
  }
  if (row === null) parts.push(`no row: ${reason}`)
  else
    parts.push(
      table(
        ['column', 'value'],
        Object.entries(row).map(([name, value]) => [name, shown(value)]),
      ),
    )
  return `${parts.join('\n')}\n`
}

const shown = (value: unknown): string =>
  value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
