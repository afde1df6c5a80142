/**
 * A private Prometheus on 127.0.0.1 with the rules of this repository, and promtool, which checks them.
 * debian-program.ts finds the programs, service.ts runs the server.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { runCommand } from './command.ts'
import { type DebianProgram, findProgram, presentProgram } from './debian-program.ts'
import { createDataFolder, repositoryRoot } from './paths.ts'
import { findFreePorts } from './ports.ts'
import { type Service, startService } from './service.ts'

export interface PrometheusOptions {
  /** host:port by job. */
  readonly targets: Readonly<Record<string, readonly string[]>>
  /** Between two scrapes, and two evaluations of the rules. */
  readonly intervalSeconds: number
  readonly report?: (line: string) => void
}

export interface Prometheus extends Service {
  /** http://127.0.0.1:port */
  readonly url: string
}

const remedy = 'install prometheus (Debian: apt install prometheus; macOS: brew install prometheus)'
const programOf = (name: string): DebianProgram => ({
  name,
  package: 'prometheus',
  cache: 'prometheus',
  remedy,
})
const silent = (): void => undefined

/** True where startPrometheus has nothing to fetch. */
export const hasPrometheus = (): boolean => presentProgram(programOf('prometheus')) !== null

/** Runs promtool and resolves with what it said; throws with it when it fails, STACK_PREREQUISITE when there is none. */
export async function promtool(args: readonly string[]): Promise<string> {
  const { command, args: before } = await findProgram(programOf('promtool'), silent)
  return runCommand(command, [...before, ...args])
}

async function probe(url: string): Promise<void> {
  const response = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1000) })
  if (!response.ok) throw new Error(`/-/ready: ${response.status}`)
}

/** Starts one and resolves when it answers. Throws STACK_PREREQUISITE when there is no prometheus and apt has none. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const { command, args } = await findProgram(programOf('prometheus'), options.report ?? silent)
  const [port] = (await findFreePorts(1)) as [number]
  const folder = createDataFolder('prometheus')
  const interval = `${options.intervalSeconds}s`
  const config = {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: [join(repositoryRoot, 'observability/rules/*.yml')],
    scrape_configs: Object.entries(options.targets).map(([job_name, targets]) => ({
      job_name,
      static_configs: [{ targets }],
    })),
  }
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config))
  const url = `http://127.0.0.1:${port}`
  const flags = {
    'config.file': join(folder, 'prometheus.yml'),
    'storage.tsdb.path': join(folder, 'data'),
    'web.listen-address': `127.0.0.1:${port}`,
  }
  const service = await startService({
    name: 'Prometheus',
    command,
    args: [...args, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
    folder,
    owner: null,
    quickSignal: 'SIGKILL',
    orderlySignal: 'SIGTERM',
    probe: () => probe(url),
    isTransient: () => false,
  })
  return Object.defineProperties(service as Prometheus, { url: { value: url, enumerable: true } })
}
