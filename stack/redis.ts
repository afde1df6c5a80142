/**
 * A private Redis on 127.0.0.1 that keeps nothing on disk: after a restart it is empty.
 * debian-program.ts finds the program, service.ts runs it.
 */
import { createConnection } from 'node:net'
import { type DebianProgram, findProgram } from './debian-program.ts'
import { createDataFolder } from './paths.ts'
import { findFreePorts } from './ports.ts'
import { type Service, startService, withFreshPorts } from './service.ts'

export interface RedisOptions {
  /** Lines of redis.conf, such as { maxmemory: '2mb' }; they win over ours. */
  readonly settings?: Readonly<Record<string, string | number>>
  readonly report?: (line: string) => void
}

export interface Redis extends Service {
  /** redis://127.0.0.1:port; no password. */
  readonly url: string
  readonly port: number
}

const defaults: Readonly<Record<string, string | number>> = {
  bind: '127.0.0.1',
  save: '',
  appendonly: 'no',
}
const program: DebianProgram = {
  name: 'redis-server',
  package: 'redis-server',
  cache: 'redis',
  remedy: 'install redis-server 6.2 or newer (Debian: apt install redis-server; macOS: brew install redis)',
}
const PROBE_TIMEOUT_MS = 1000

/** Rejects until the server answers PING. */
const probe = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: PROBE_TIMEOUT_MS })
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', answer => {
      socket.destroy()
      if (answer.toString().startsWith('+PONG')) resolve()
      else reject(new Error(answer.toString().trim()))
    })
    socket.once('timeout', () => socket.destroy(new Error('no answer to PING')))
    socket.once('error', reject)
  })

/** Starts a Redis of its own and resolves when it answers. Throws STACK_PREREQUISITE when there is no redis-server. */
export const startRedis = (options: RedisOptions = {}): Promise<Redis> =>
  withFreshPorts(() => startOnce(options))

async function startOnce({ settings, report }: RedisOptions): Promise<Redis> {
  const { command, args } = await findProgram(program, report ?? (() => undefined))
  const [port] = (await findFreePorts(1)) as [number]
  const folder = createDataFolder('redis')
  const flags = Object.entries({ ...defaults, dir: folder, ...settings, port })
  const service = await startService({
    name: 'Redis',
    command,
    args: [...args, ...flags.flatMap(([name, value]) => [`--${name}`, String(value)])],
    folder,
    owner: null,
    quickSignal: 'SIGKILL',
    orderlySignal: 'SIGTERM',
    probe: () => probe(port),
    isTransient: () => false,
  })
  return Object.defineProperties(service as Redis, {
    url: { value: `redis://127.0.0.1:${port}`, enumerable: true },
    port: { value: port, enumerable: true },
  })
}
