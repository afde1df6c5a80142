/** A board: its rows of panels and its variables. panels.ts builds the panels, index.ts says which boards there are. */
import {
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { type Figure, panelOf, sources } from './panels.ts'

/** What the user chooses from, beside the time; every one may be several or all. */
const variables = {
  instance: {
    label: 'Instance',
    source: sources.prometheus,
    query: 'label_values(logcollector_ready, instance)',
    all: '.*',
  },
  topic: {
    label: 'Topic',
    source: sources.prometheus,
    query: 'label_values(logcollector_partition_lag_records, topic)',
    all: '.*',
  },
  storedTopic: {
    label: 'Topic',
    source: sources.postgres,
    query: 'select distinct topic from logcollector.topics order by 1',
    all: null,
  },
  service: {
    label: 'Service',
    source: sources.postgres,
    query:
      'select distinct service from logcollector.log_rollup_1m where $__timeFilter(bucket) order by 1 limit 1000',
    all: null,
  },
} as const

export interface Board {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly variables: readonly (keyof typeof variables)[]
  readonly rows: Readonly<Record<string, readonly Figure[]>>
}

function variableOf(name: keyof typeof variables): QueryVariableBuilder {
  const { label, source, query, all } = variables[name]
  const variable = new QueryVariableBuilder(name)
    .label(label)
    .datasource(source)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] })
  return all === null ? variable : variable.allValue(all)
}

/** The JSON of a board, as Grafana's provisioning reads it. */
export function boardJson({ uid, title, description, variables, rows }: Board): string {
  const board = new DashboardBuilder(`LogCollector: ${title}`)
    .uid(uid)
    .description(description)
    .tags(['logcollector'])
    .refresh('10s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .editable()
    .link(
      new DashboardLinkBuilder('LogCollector')
        .type(DashboardLinkType.Dashboards)
        .tags(['logcollector'])
        .keepTime(true)
        .asDropdown(true),
    )
  for (const name of variables) board.withVariable(variableOf(name))
  for (const [row, figures] of Object.entries(rows)) {
    board.withRow(new RowBuilder(row))
    for (const figure of figures) board.withPanel(panelOf(figure))
  }
  return `${JSON.stringify(board.build(), null, 2)}\n`
}
