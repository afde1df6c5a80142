/**
 * The rules for Prometheus: promtool accepts them and their tests, every alert is tested both ways, has a runbook, and
 * asks for metrics that there are.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { METRIC_PREFIX, metricNames } from '../../src/metrics/catalogue.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { promtool } from '../../stack/prometheus.ts'
import { readText, readYaml } from '../deploy/compose.ts'
import { suite } from '../support/suite.ts'
import { panels } from './panels.ts'

const test = suite('observability/rules', { timeoutMs: 60_000 })

interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string
      readonly exp_alerts: readonly unknown[]
    }[]
  }[]
}

const folder = 'observability/rules'
const files = (path: string): string[] =>
  readdirSync(join(repositoryRoot, path))
    .filter(name => name.endsWith('.yml'))
    .map(name => `${path}/${name}`)
const rules = files(folder).flatMap(file =>
  readYaml<{ groups: readonly { rules: readonly Rule[] }[] }>(readText(file)).groups.flatMap(
    group => group.rules,
  ),
)
const alerts = rules.filter(({ alert }) => alert !== undefined)

/** What promtool says; null, with the reason on the screen, where it cannot be had. */
async function judged(...args: readonly string[]): Promise<string | null> {
  try {
    return await promtool(args)
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === 'STACK_PREREQUISITE')) throw error
    console.log(`skipped: ${error.message}`)
    return null
  }
}
const inRepository = (names: readonly string[]): string[] => names.map(name => join(repositoryRoot, name))

test('promtool accepts the rules', async () => {
  const said = await judged('check', 'rules', ...inRepository(files(folder)))
  if (said !== null) assert.match(said, `SUCCESS: ${alerts.length} rules found`)
})

test('promtool accepts the configuration', async () => {
  const said = await judged('check', 'config', ...inRepository(['observability/prometheus.yml']))
  if (said !== null) assert.match(said, '2 rule files found')
})

test('the tests of the rules pass', async () => {
  const tests = files(`${folder}/tests`)
  const said = await judged('test', 'rules', ...inRepository(tests))
  if (said !== null) assert.is(said.match(/SUCCESS/g)?.length, tests.length)
})

test('every alert is fired by a test, and not by another one', () => {
  const cases = files(`${folder}/tests`)
    .flatMap(file => readYaml<RuleTests>(readText(file)).tests)
    .flatMap(each => each.alert_rule_test)
  for (const { alert } of alerts) {
    const firings = cases.filter(each => each.alertname === alert).map(each => each.exp_alerts.length > 0)
    assert.equal(firings.sort(), [false, true], alert)
  }
})

test('every alert has a severity, a summary and a heading in docs/operations.md', () => {
  const headings = [...readText('docs/operations.md').matchAll(/^#+ (.+)$/gm)].map(([, text]) => text)
  assert.ok(alerts.length > 10)
  for (const { alert, labels, annotations } of alerts) {
    assert.ok(['critical', 'warning', 'info'].includes(labels?.severity ?? ''), alert)
    assert.ok(annotations?.summary, alert)
    assert.is(annotations?.runbook_url, `docs/operations.md#${alert!.toLowerCase()}`)
    assert.ok(headings.includes(alert), `no heading ${alert}`)
  }
})

const known = new Set<string>(metricNames)
const recorded = new Set(rules.map(({ record }) => record))
/** Names of ours in PromQL that nobody gives. */
function unknownIn(expr: string): string[] {
  const ours = new RegExp(`(?<![:\\w])${METRIC_PREFIX}(\\w+)(?!:)\\b`, 'g')
  const metrics = [...expr.matchAll(ours)].map(([, name = '']) => name.replace(/_(bucket|sum|count)$/, ''))
  const records = [...expr.matchAll(/\b\w+:\w+:\w+/g)].map(([name]) => name)
  return [...metrics.filter(name => !known.has(name)), ...records.filter(name => !recorded.has(name))]
}

test('rules ask for metrics that there are', () => {
  for (const { expr } of rules) assert.equal(unknownIn(expr), [], expr)
  assert.equal(unknownIn('logcollector_readi + a:b:c + logcollector_http_request_seconds_count'), [
    'readi',
    'a:b:c',
  ])
})

test('panels ask for metrics that there are, also those that show nothing as long as all is well', () => {
  const exprs = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr ?? []))
  assert.ok(exprs.length > 50)
  for (const expr of exprs) assert.equal(unknownIn(expr), [], expr)
})

test.run()
