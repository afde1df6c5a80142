/** The panels as Grafana reads them from observability/grafana/dashboards, with their queries filled in as Grafana would. */
import { boardFile, boards } from '../../observability/boards/index.ts'
import { readText } from '../deploy/compose.ts'

export interface Target {
  readonly refId: string
  readonly expr?: string
  readonly rawSql?: string
  readonly instant?: boolean
}

export interface BoardPanel {
  readonly board: string
  readonly type: string
  readonly title: string
  readonly description: string
  readonly targets: readonly Target[]
  readonly datasource: { readonly type: string; readonly uid: string }
  readonly fieldConfig: { readonly defaults: { readonly unit: string; readonly noValue?: string } }
}

interface Variable {
  readonly name: string
  readonly query: string
  readonly datasource: { readonly type: string }
}

interface BoardFile {
  readonly panels: readonly (BoardPanel & { readonly panels?: readonly BoardPanel[] })[]
  readonly templating: { readonly list: readonly Variable[] }
}

const files = Object.keys(boards).map(name => ({
  name,
  file: JSON.parse(readText(boardFile(name))) as BoardFile,
}))

/** Every panel of every board; rows are none. */
export const panels: readonly BoardPanel[] = files.flatMap(({ name, file }) =>
  file.panels
    .flatMap(panel => [panel, ...(panel.panels ?? [])])
    .filter(({ type }) => type !== 'row')
    .map(panel => ({ ...panel, board: name })),
)

/** What a board lets the user choose from, with the query that lists it. */
export const boardVariables: readonly (Variable & { readonly board: string })[] = files.flatMap(
  ({ name, file }) => file.templating.list.map(each => ({ ...each, board: name })),
)

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** PromQL with every choice at "All". */
export const promqlOf = (expr: string, intervalSeconds: number): string =>
  expr.replaceAll('$__rate_interval', `${intervalSeconds}s`).replaceAll(/"\$\w+"/g, '".*"')

/** SQL with Grafana's macros as its Postgres plugin expands them, and these values chosen. */
export function sqlOf(
  sql: string,
  { fromMs, toMs }: Span,
  chosen: Readonly<Record<string, readonly string[]>>,
): string {
  const at = (ms: number): string => `'${new Date(ms).toISOString()}'`
  return sql
    .replaceAll(/\$__timeFilter\((\w+)\)/g, (_, column) => `${column} between ${at(fromMs)} and ${at(toMs)}`)
    .replaceAll('$__timeFrom()', at(fromMs))
    .replaceAll('$__timeTo()', at(toMs))
    .replaceAll(
      /\$__timeGroupAlias\((\w+), \$__interval\)/g,
      (_, column) => `floor(extract(epoch from ${column}) / 60) * 60 as "time"`,
    )
    .replaceAll(/\$\{(\w+):sqlstring\}/g, (_, name: string) =>
      chosen[name]!.map(value => `'${value.replaceAll("'", "''")}'`).join(','),
    )
}
