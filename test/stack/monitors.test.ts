/**
 * Prometheus and Grafana of the demo: started where the machine has them, told where everything is, gone afterwards. In
 * place of Grafana, which no package brings, a program that takes the same arguments; Prometheus is a real one if any.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { createMetrics } from '../../src/metrics/index.ts'
import { startMonitors } from '../../stack/demo/monitors.ts'
import { findGrafana, startGrafana } from '../../stack/grafana.ts'
import { createDataFolder, repositoryRoot } from '../../stack/paths.ts'
import { hasPrometheus } from '../../stack/prometheus.ts'
import { database } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { uniqueName } from '../support/template.ts'
import { until } from '../support/wait.ts'

const test = suite('stack/monitors', { timeoutMs: 60_000 })
const before = process.env.PATH ?? ''
test.after(() => {
  process.env.PATH = before
})

/** As far as the stack knows it: says how it was started, and that it is well. */
const STAND_IN = `#!${process.execPath}
const settings = Object.fromEntries(process.argv.filter(each => each.startsWith('cfg:')).map(each => each.slice(4).split(/=(.*)/s)))
require('node:http')
  .createServer((request, response) => response.end(JSON.stringify({ args: process.argv.slice(2), settings })))
  .listen(Number(settings['server.http_port']), settings['server.http_addr'])
`

interface Started {
  readonly args: readonly string[]
  readonly settings: Readonly<Record<string, string>>
}

/** Puts a Grafana into PATH, laid out as its own archive is. */
function installStandIn(): string {
  const home = createDataFolder('grafana-home')
  for (const folder of ['bin', 'conf']) mkdirSync(join(home, folder))
  writeFileSync(join(home, 'conf', 'defaults.ini'), '')
  const command = join(home, 'bin', 'grafana')
  writeFileSync(command, STAND_IN)
  chmodSync(command, 0o755)
  process.env.PATH = [join(home, 'bin'), before].join(delimiter)
  return home
}

const startedAs = async (url: string): Promise<Started> => (await (await fetch(url)).json()) as Started

interface Provisioned {
  readonly datasources: readonly {
    readonly uid: string
    readonly url: string
    readonly user?: string
    readonly jsonData: Readonly<Record<string, unknown>>
    readonly secureJsonData?: { readonly password: string }
  }[]
  readonly providers: readonly { readonly options: { readonly path: string } }[]
}

const provisioned = ({ settings }: Started, kind: string): Provisioned =>
  parse(readFileSync(join(settings['paths.provisioning']!, kind, 'logcollector.yml'), 'utf8')) as Provisioned

test('Grafana is told of both data sources, the boards and the alerts, and listens on this machine only', async () => {
  const home = installStandIn()
  const found = findGrafana()
  assert.is(found?.home, home)
  const grafana = await startGrafana(found!, {
    prometheus: 'http://127.0.0.1:9999',
    postgres: 'postgres://the%20reader:s%2Fecret@127.0.0.1:5555/logs',
    intervalSeconds: 5,
  })
  cleanUp(grafana.stop)
  const started = await startedAs(grafana.url)
  assert.equal(started.args.slice(0, 2), ['server', `--homepath=${home}`])
  assert.is(started.settings['server.http_addr'], '127.0.0.1')
  const [prometheus, postgres] = provisioned(started, 'datasources').datasources
  assert.equal([prometheus!.uid, prometheus!.url], ['prometheus', 'http://127.0.0.1:9999'])
  assert.is(prometheus!.jsonData.timeInterval, '5s')
  assert.equal([postgres!.uid, postgres!.url, postgres!.user], ['postgres', '127.0.0.1:5555', 'the reader'])
  assert.is(postgres!.secureJsonData!.password, 's/ecret')
  assert.is(postgres!.jsonData.database, 'logs')
  const boards = join(repositoryRoot, 'observability/grafana/dashboards')
  assert.is(provisioned(started, 'dashboards').providers[0]!.options.path, boards)
  const alerts = 'provisioning/alerting/logcollector.yml'
  assert.fixture(
    readFileSync(join(started.settings['paths.provisioning']!, 'alerting/logcollector.yml'), 'utf8'),
    readFileSync(join(repositoryRoot, 'observability/grafana', alerts), 'utf8'),
  )
})

test('one without its files is none', () => {
  const folder = createDataFolder('grafana-lone')
  writeFileSync(join(folder, 'grafana'), STAND_IN, { mode: 0o755 })
  process.env.PATH = folder
  assert.is(findGrafana(), null)
})

async function servingMetrics(): Promise<string> {
  const metrics = createMetrics()
  const server = createServer(async (_, response) => {
    response.setHeader('content-type', metrics.contentType)
    response.end(await metrics.render())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('the demo has what there is, a reader of its own for Grafana, and leaves nothing', async () => {
  installStandIn()
  const url = await database()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  cleanUp(() => client.end())
  const reader = uniqueName('demo_reader')
  const roles = async () =>
    (await client.query('select rolsuper from pg_roles where rolname = $1', [reader])).rows
  const said: string[] = []
  const monitors = await startMonitors({
    program: await servingMetrics(),
    database: url,
    reader,
    report: line => said.push(line),
  })
  let { grafana, prometheus } = monitors
  try {
    assert.equal(said, [])
    assert.is(prometheus !== null, hasPrometheus())
    assert.is(grafana !== null, prometheus !== null, 'boards without figures are of no use')
    if (prometheus === null || grafana === null) return console.log('skipped: no Prometheus here')
    const isScraped = async () => {
      const answer = await fetch(`${prometheus}/api/v1/query?query=logcollector_ready`)
      return ((await answer.json()) as { data: { result: unknown[] } }).data.result.length === 1
    }
    await until(isScraped, { deadlineMs: 20_000, what: 'the program is scraped' })
    assert.equal(await roles(), [{ rolsuper: false }])
    const { user } = provisioned(await startedAs(grafana), 'datasources').datasources[1]!
    assert.is(user, reader)
  } finally {
    await monitors.stop()
  }
  assert.equal(await roles(), [])
  for (const address of [grafana, prometheus])
    assert.ok(
      await fetch(address).then(
        () => false,
        () => true,
      ),
      `${address} is gone`,
    )
  // What does not start is said, and left out.
  const prometheusOnly = await startMonitors({
    program: await servingMetrics(),
    database: 'postgres://nobody@127.0.0.1:1/none',
    reader,
    report: line => said.push(line),
  })
  ;({ grafana, prometheus } = prometheusOnly)
  await prometheusOnly.stop()
  assert.is(grafana, null)
  assert.ok(prometheus)
  assert.match(said.join('\n'), /^Grafana is left out: /)
})

test.run()
