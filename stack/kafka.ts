/**
 * A private Kafka in KRaft mode on 127.0.0.1: one broker, or several that form a cluster for tests that kill some.
 * jars.ts fetches the program, service.ts runs each broker.
 */
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka as KafkaClient, logLevel } from 'kafkajs'
import { PipelineError } from '../src/errors.ts'
import { runCommand } from './command.ts'
import { ensureKafkaJars } from './jars.ts'
import { createDataFolder, repositoryRoot } from './paths.ts'
import { findFreePorts } from './ports.ts'
import { type Service, startService, withFreshPorts } from './service.ts'

/** A way in besides the plain one, on a port of its own; clients are told to come by the name localhost, or to a proxy. */
export interface KafkaListener {
  /** Capital letters. */
  readonly name: string
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT'
  /** Without the prefix listener.name.<name>. */
  readonly settings: Readonly<Record<string, string>>
  /** Ports that clients are told instead of its own, by broker: those of a proxy on 127.0.0.1. */
  readonly advertisedPorts?: readonly number[]
}

export interface KafkaOptions {
  /** Each of them is broker and controller; 1 unless told. Replication follows: min(brokers, 3). */
  readonly brokers?: number
  /** Heap of each broker, MiB; 1024 unless told. */
  readonly heapMiB?: number
  /** Further lines of server.properties; they win over ours. */
  readonly settings?: Readonly<Record<string, string>>
  readonly listeners?: readonly KafkaListener[]
  /** Users of SCRAM-SHA-256 and SCRAM-SHA-512 with their passwords. */
  readonly scramUsers?: Readonly<Record<string, string>>
  /** A broker counts as started when it sees so many of them up; all unless told. */
  readonly seen?: number
  /** Further options of the Java that runs a broker. */
  readonly javaOptions?: readonly string[]
  readonly report?: (line: string) => void
}

export interface Kafka {
  /** host:port, separated by commas. */
  readonly address: string
  /** The same of a listener, by its name. */
  addressOf(listener: string): string
  /** In the order of their node ids, from 1. */
  readonly brokers: readonly Service[]
  /** Of the first broker; null while it does not run. */
  readonly pid: number | null
  /** To every broker; see Service. */
  kill(signal?: NodeJS.Signals): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

interface Node {
  readonly id: number
  readonly port: number
  readonly controllerPort: number
  /** In the order of the listeners. */
  readonly listenerPorts: readonly number[]
}

function advertised({ id }: Node, { name, port, advertisedPorts }: KafkaListener & { port: number }): string {
  const other = advertisedPorts?.[id - 1]
  return other === undefined ? `${name}://localhost:${port}` : `${name}://127.0.0.1:${other}`
}

/** What server.properties says of the listeners, joined with the two that are always there. */
function listenerProperties(node: Node, listeners: readonly KafkaListener[]): Record<string, string> {
  const own = listeners.map((listener, index) => ({ ...listener, port: node.listenerPorts[index]! }))
  const settings = own.flatMap(({ name, settings }) =>
    Object.entries(settings).map(([key, value]) => [`listener.name.${name.toLowerCase()}.${key}`, value]),
  )
  const plain = `PLAINTEXT://127.0.0.1:${node.port}`
  return {
    listeners: [
      plain,
      `CONTROLLER://127.0.0.1:${node.controllerPort}`,
      ...own.map(({ name, port }) => `${name}://127.0.0.1:${port}`),
    ].join(','),
    'advertised.listeners': [plain, ...own.map(listener => advertised(node, listener))].join(','),
    'listener.security.protocol.map': [
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      ...own.map(({ name, protocol }) => `${name}:${protocol}`),
    ].join(','),
    ...Object.fromEntries(settings),
  }
}

function serverProperties(node: Node, nodes: readonly Node[], folder: string, options: KafkaOptions): string {
  const copies = String(Math.min(nodes.length, 3))
  const inSync = String(Math.min(nodes.length, 2))
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': nodes.map(each => `${each.id}@127.0.0.1:${each.controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    ...listenerProperties(node, options.listeners ?? []),
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': copies,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    // After kill -9 a broker waits this long for its former self to be declared dead.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    ...options.settings,
  }
  return `${Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`
}

/** Rejects until the broker at this port answers and sees as many brokers as there are. */
async function probeBroker(port: number, brokers: number): Promise<void> {
  const client = new KafkaClient({
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 2000,
    retry: { retries: 0 },
  })
  const admin = client.admin()
  try {
    await admin.connect()
    const cluster = await admin.describeCluster()
    if (cluster.brokers.length < brokers)
      throw new Error(`${cluster.brokers.length} of ${brokers} brokers are up`)
  } finally {
    await admin.disconnect()
  }
}

const javaProblem = (error: unknown): unknown =>
  (error as { cause?: NodeJS.ErrnoException }).cause?.code === 'ENOENT'
    ? new PipelineError('STACK_PREREQUISITE', { missing: 'java', remedy: 'install a Java 17 runtime' }, error)
    : error

async function startBroker(
  node: Node,
  nodes: readonly Node[],
  clusterId: string,
  jars: string,
  options: KafkaOptions,
): Promise<Service> {
  const folder = createDataFolder('kafka')
  const properties = join(folder, 'server.properties')
  writeFileSync(properties, serverProperties(node, nodes, folder, options))
  const log4j = `-Dlog4j2.configurationFile=${join(repositoryRoot, 'stack', 'kafka', 'log4j2.yaml')}`
  const classPath = ['-cp', join(jars, '*')]
  const users = Object.entries(options.scramUsers ?? {}).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  )
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties, ...users]
  await runCommand('java', [
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    log4j,
    ...classPath,
    ...format,
  ]).catch(error => Promise.reject(javaProblem(error)))
  return startService({
    name: `Kafka broker ${node.id}`,
    command: 'java',
    args: [
      `-Xmx${options.heapMiB ?? 1024}m`,
      '-XX:+UseG1GC',
      log4j,
      ...(options.javaOptions ?? []),
      ...classPath,
      'kafka.Kafka',
      properties,
    ],
    folder,
    owner: null,
    quickSignal: 'SIGKILL',
    orderlySignal: 'SIGTERM',
    probe: () => probeBroker(node.port, options.seen ?? nodes.length),
    isTransient: () => false,
  })
}

/** A cluster id as Kafka writes one: a UUID in base64, not led by a dash, which would read as an option. */
function createClusterId(): string {
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
  return id.startsWith('-') ? createClusterId() : id
}

/** Runs all; when one fails, undoes those that succeeded, and throws its error. */
async function allOrNone(starts: readonly Promise<Service>[]): Promise<Service[]> {
  const results = await Promise.allSettled(starts)
  const failed = results.find(result => result.status === 'rejected')
  const started = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  if (!failed) return started
  await Promise.all(started.map(service => service.stop()))
  throw failed.reason
}

/** Starts a Kafka of its own and resolves when every broker answers. Throws STACK_PREREQUISITE without Java or Maven. */
export const startKafka = (options: KafkaOptions = {}): Promise<Kafka> =>
  withFreshPorts(() => startOnce(options))

async function startOnce(options: KafkaOptions): Promise<Kafka> {
  const count = options.brokers ?? 1
  const listeners = options.listeners ?? []
  const portsOfNode = 2 + listeners.length
  const jars = await ensureKafkaJars(options.report ?? (() => undefined))
  const ports = await findFreePorts(portsOfNode * count)
  const nodes = Array.from({ length: count }, (_, index) => {
    const [port, controllerPort, ...listenerPorts] = ports.slice(
      portsOfNode * index,
      portsOfNode * (index + 1),
    )
    return { id: index + 1, port: port!, controllerPort: controllerPort!, listenerPorts }
  })
  const clusterId = createClusterId()
  const brokers = await allOrNone(nodes.map(node => startBroker(node, nodes, clusterId, jars, options)))
  const each = async (act: (broker: Service) => Promise<void>): Promise<void> => {
    await Promise.all(brokers.map(act))
  }
  return {
    address: nodes.map(node => `127.0.0.1:${node.port}`).join(','),
    addressOf(listener) {
      const index = listeners.findIndex(({ name }) => name === listener)
      if (index < 0) throw new Error(`this Kafka has no listener ${listener}`)
      return nodes.map(({ listenerPorts }) => `localhost:${listenerPorts[index]}`).join(',')
    },
    brokers,
    get pid() {
      return brokers[0]!.pid
    },
    kill: signal => each(broker => broker.kill(signal)),
    restart: () => each(broker => broker.restart()),
    stop: () => each(broker => broker.stop()),
  }
}
