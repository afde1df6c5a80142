/** The alerts of observability/rules/alerts.yml as Grafana's provisioning wants them: the same queries, held to them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { repositoryRoot } from '../../stack/paths.ts'
import { sources } from './panels.ts'

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

interface Group {
  readonly name: string
  readonly rules: readonly Alert[]
}

const LOOK_BACK_SECONDS = 600

/** A query of Prometheus returns what fires, whatever its value: group() makes it 1, and 1 is above 0. */
const dataOf = (expr: string) => [
  {
    refId: 'A',
    datasourceUid: sources.prometheus.uid,
    relativeTimeRange: { from: LOOK_BACK_SECONDS, to: 0 },
    model: { refId: 'A', instant: true, expr: `group without () (\n${expr}\n)` },
  },
  {
    refId: 'B',
    datasourceUid: '__expr__',
    relativeTimeRange: { from: LOOK_BACK_SECONDS, to: 0 },
    model: {
      refId: 'B',
      type: 'threshold',
      expression: 'A',
      conditions: [{ evaluator: { type: 'gt', params: [0] } }],
    },
  },
]

/** Grafana knows the value of the query as $values.A, which is always 1 here: summaries name none. */
const withoutValues = (text: string): string => text.replaceAll(/:? ?\{\{ \$value[^}]*\}\} ?/g, ' ').trim()

const ruleOf = ({ alert, expr, for: pending = '0s', labels, annotations }: Alert) => ({
  uid: alert.toLowerCase(),
  title: alert,
  condition: 'B',
  for: pending,
  noDataState: 'OK',
  execErrState: 'Error',
  labels,
  annotations: Object.fromEntries(
    Object.entries(annotations).map(([name, text]) => [name, withoutValues(text)]),
  ),
  data: dataOf(expr),
})

/** observability/grafana/provisioning/alerting/logcollector.yml */
export function alertingYaml(): string {
  const text = readFileSync(join(repositoryRoot, 'observability/rules/alerts.yml'), 'utf8')
  const { groups } = parse(text) as { groups: readonly Group[] }
  const provisioned = {
    apiVersion: 1,
    groups: groups.map(({ name, rules }) => ({
      orgId: 1,
      name,
      folder: 'LogCollector',
      interval: '1m',
      rules: rules.map(ruleOf),
    })),
  }
  const head = '# The alerts of observability/rules/alerts.yml, written by "npm run docs".\n'
  return head + stringify(provisioned, { lineWidth: 0, aliasDuplicateObjects: false })
}
