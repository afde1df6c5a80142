/**
 * A private Grafana on 127.0.0.1 with the boards and alerts of this repository, where the machine has one: it is never
 * fetched. What observability/grafana/provisioning says for Compose is rewritten for these addresses.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { inPath } from './debian-program.ts'
import { createDataFolder, repositoryRoot } from './paths.ts'
import { findFreePorts } from './ports.ts'
import { type Service, startService } from './service.ts'

export interface GrafanaOptions {
  /** Of the data sources: a Prometheus, and the database as a role that reads. */
  readonly prometheus: string
  readonly postgres: string
  /** Between two scrapes. */
  readonly intervalSeconds: number
}

export interface Grafana extends Service {
  /** http://127.0.0.1:port; whoever is on this machine may look, without a login. */
  readonly url: string
}

interface Program {
  readonly command: string
  readonly args: readonly string[]
  /** Its own files, among them conf/defaults.ini. */
  readonly home: string
}

interface Datasource {
  readonly type: string
  readonly jsonData: object
}

const source = join(repositoryRoot, 'observability', 'grafana')

/** Null: the machine has none. */
export function findGrafana(): Program | null {
  for (const [name, args] of [
    ['grafana', ['server']],
    ['grafana-server', []],
  ] as const) {
    const command = inPath(name)
    if (command === null) continue
    const prefix = dirname(dirname(realpathSync(command)))
    const homes = [prefix, join(prefix, 'share', 'grafana'), '/usr/share/grafana']
    const home = homes.find(folder => existsSync(join(folder, 'conf', 'defaults.ini')))
    if (home !== undefined) return { command, args, home }
  }
  return null
}

/** Its provisioning, as files below `folder`. */
export function writeProvisioning(folder: string, options: GrafanaOptions): void {
  cpSync(join(source, 'provisioning', 'alerting'), join(folder, 'alerting'), { recursive: true })
  rewrite<{ providers: { options: object }[] }>(folder, 'dashboards', file => ({
    ...file,
    providers: file.providers.map(provider => ({
      ...provider,
      options: { ...provider.options, path: join(source, 'dashboards') },
    })),
  }))
  rewrite<{ datasources: Datasource[] }>(folder, 'datasources', file => ({
    ...file,
    datasources: file.datasources.map(each => datasourceOf(each, options)),
  }))
}

function rewrite<T>(folder: string, kind: string, change: (file: T) => T): void {
  const text = readFileSync(join(source, 'provisioning', kind, 'logcollector.yml'), 'utf8')
  mkdirSync(join(folder, kind), { recursive: true })
  writeFileSync(join(folder, kind, 'logcollector.yml'), stringify(change(parse(text) as T)), { mode: 0o600 })
}

function datasourceOf(each: Datasource, options: GrafanaOptions): Datasource & Record<string, unknown> {
  if (each.type === 'prometheus') {
    const jsonData = { ...each.jsonData, timeInterval: `${options.intervalSeconds}s` }
    return { ...each, url: options.prometheus, jsonData }
  }
  const { host, pathname, password, username } = new URL(options.postgres)
  return {
    ...each,
    url: host,
    user: decodeURIComponent(username),
    jsonData: { ...each.jsonData, database: decodeURIComponent(pathname.slice(1)) },
    secureJsonData: { password: decodeURIComponent(password) },
  }
}

async function probe(url: string): Promise<void> {
  const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(1000) })
  if (!response.ok) throw new Error(`/api/health: ${response.status}`)
}

/** Starts the one that `findGrafana` found; resolves when it answers. */
export async function startGrafana(program: Program, options: GrafanaOptions): Promise<Grafana> {
  const [port] = (await findFreePorts(1)) as [number]
  const folder = createDataFolder('grafana')
  writeProvisioning(join(folder, 'provisioning'), options)
  const settings = {
    'paths.data': join(folder, 'data'),
    'paths.logs': join(folder, 'logs'),
    'paths.plugins': join(folder, 'plugins'),
    'paths.provisioning': join(folder, 'provisioning'),
    'server.http_addr': '127.0.0.1',
    'server.http_port': port,
    'auth.anonymous.enabled': true,
    'auth.anonymous.org_role': 'Viewer',
    'analytics.reporting_enabled': false,
    'analytics.check_for_updates': false,
    'dashboards.default_home_dashboard_path': join(source, 'dashboards', 'throughput.json'),
  }
  const url = `http://127.0.0.1:${port}`
  const service = await startService({
    name: 'Grafana',
    command: program.command,
    args: [
      ...program.args,
      `--homepath=${program.home}`,
      ...Object.entries(settings).map(([name, value]) => `cfg:${name}=${value}`),
    ],
    folder,
    owner: null,
    quickSignal: 'SIGKILL',
    orderlySignal: 'SIGTERM',
    probe: () => probe(url),
    isTransient: () => false,
  })
  return Object.defineProperties(service as Grafana, { url: { value: url, enumerable: true } })
}
