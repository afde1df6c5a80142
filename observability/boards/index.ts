/** Every file of observability/ that is generated, with what makes it: npm run docs writes them, a test compares them. */
import { alertingYaml } from './alerting.ts'
import { type Board, boardJson } from './board.ts'
import { logs } from './logs.ts'
import { postgres } from './postgres.ts'
import { query } from './query.ts'
import { reliability } from './reliability.ts'
import { throughput } from './throughput.ts'

export const boards: Readonly<Record<string, Board>> = { throughput, logs, reliability, postgres, query }

/** The file of a board, from the root of the repository. */
export const boardFile = (name: string): string => `observability/grafana/dashboards/${name}.json`

/** For docs/metrics.md: what each board is about, and its panels. */
export function boardsTable(): string {
  const rows = Object.values(boards).map(({ title, description, rows }) => {
    const parts = Object.entries(rows).map(
      ([row, figures]) => `${row}: ${figures.map(({ title }) => title).join(', ')}`,
    )
    return `| **${title}** | ${description} | ${parts.join('; ')} |`
  })
  return ['| Board | Answers | Panels |', '|---|---|---|', ...rows].join('\n')
}

export const observabilityFiles: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(
    Object.entries(boards).map(([name, board]) => [boardFile(name), () => boardJson(board)]),
  ),
  'observability/grafana/provisioning/alerting/logcollector.yml': alertingYaml,
}
