/**
 * The programs that are compared: ours as a user runs it, and the peers with what is said of each beside its figures.
 * Their sources and configurations lie in the folders of their names; peers.ts runs them.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../stack/command.ts'
import { unpackedProgram } from '../../stack/debian-program.ts'
import { cacheFolder, repositoryRoot } from '../../stack/paths.ts'
import type { Peer } from './peer.ts'

const sources = join(repositoryRoot, 'native-bench', 'peers')
/** Where Debian keeps the libraries of this machine. */
const machineLibraries = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
const attrsId = `attrs->>'id'`
const sameTable = 'the same columns but topic_id, the same partitions and BRIN index'
const logsTable = readFileSync(join(sources, 'logs.sql'), 'utf8')

/** Runs build.sh of a folder; it puts its result into a folder under .stack/, or leaves what is there. */
async function buildInto(folder: string, needs: string, report: (line: string) => void): Promise<string> {
  const target = join(cacheFolder, 'peers', folder)
  report(`building ${folder} (the first time takes minutes)`)
  try {
    await runCommand('sh', [join(sources, folder, 'build.sh'), target])
  } catch (error) {
    throw new Error(`native-bench/peers/${folder}/build.sh failed; it needs ${needs}: ${error}`, {
      cause: error,
    })
  }
  return target
}

const ours: Peer = {
  name: 'logcollector',
  what: '`logcollector run`, default settings',
  delivery: 'exactly once',
  fills: 'every column of logcollector.logs (partitions by day, BRIN index), rollups, ledger, positions',
  table: 'logcollector.logs',
  id: attrsId,
  message: 'message',
  aside: 'select count(*) from logcollector.dead_letters',
  setUp: null,
  build: async () => addresses => {
    const settings = [
      'http.port=0',
      'log.format=json',
      `kafka.brokers=${addresses.KAFKA_BROKERS}`,
      `kafka.topics=${addresses.KAFKA_TOPIC}`,
      `kafka.group_id=${addresses.KAFKA_GROUP}`,
      `postgres.url=${addresses.POSTGRES_URL}`,
    ]
    const main = join(repositoryRoot, 'dist', 'src', 'main.js')
    return { command: process.execPath, args: [main, 'run', ...settings.flatMap(each => ['--set', each])] }
  },
}

const goProgram = (name: string, program: string, what: string): Peer => ({
  name,
  what,
  delivery: 'at least once: the offset follows the rows',
  fills: sameTable,
  table: 'public.logs',
  id: attrsId,
  message: 'message',
  aside: null,
  setUp: logsTable,
  async build(report) {
    const folder = await buildInto('go', 'Go and its module proxy', report)
    return () => ({ command: join(folder, program), args: [] })
  },
})

const nodeAverage: Peer = {
  name: 'node-average',
  what: 'kafkajs eachBatch, JSON.parse, INSERT … unnest',
  delivery: 'at least once: the offset follows the rows',
  fills: sameTable,
  table: 'public.logs',
  id: attrsId,
  message: 'message',
  aside: null,
  setUp: logsTable,
  build: async () => () => ({
    command: process.execPath,
    args: [join(sources, 'node-average', 'consumer.mjs')],
  }),
}

const telegraf: Peer = {
  name: 'telegraf',
  what: 'Telegraf 1.37.2: kafka_consumer, json, postgresql (COPY)',
  delivery: 'at least once, but for batches that Postgres refuses',
  fills: 'a table without partitions and index: a flat column a field, no jsonb, no partition and offset',
  table: 'public.telegraf_logs',
  id: 'id',
  message: 'msg',
  aside: null,
  setUp: readFileSync(join(sources, 'telegraf', 'table.sql'), 'utf8'),
  async build(report) {
    const folder = await buildInto('telegraf', 'Go and its module proxy', report)
    const args = ['--config', join(sources, 'telegraf', 'telegraf.conf')]
    return () => ({ command: join(folder, 'telegraf'), args })
  },
}

const rsyslog: Peer = {
  name: 'rsyslog',
  what: 'rsyslog: imkafka, mmjsonparse, ompgsql (an INSERT a record)',
  delivery: 'none: offsets follow a clock, not the rows',
  fills: 'a table without partitions and index: the fields as text, the whole record as jsonb',
  table: 'public.rsyslog_logs',
  id: attrsId,
  message: 'message',
  aside: null,
  setUp: readFileSync(join(sources, 'rsyslog', 'table.sql'), 'utf8'),
  async build(report) {
    const folder = await buildInto('rsyslog', 'apt with its package lists (apt-get update)', report)
    const program = unpackedProgram(folder, 'rsyslogd')
    if (program === null) throw new Error(`${folder} holds no rsyslogd: remove it and try again`)
    const modules = join(folder, 'usr/lib', machineLibraries, 'rsyslog')
    const config = join(sources, 'rsyslog', 'rsyslog.conf')
    return () => ({
      command: program.command,
      args: [...program.args, '-n', '-i', 'NONE', '-M', modules, '-f', config],
    })
  },
}

const debezium: Peer = {
  name: 'debezium',
  what: 'Kafka Connect 4.3 and the Debezium JDBC sink 3.5: INSERT … unnest',
  delivery: 'at least once: offsets follow the rows, once a second',
  fills: 'a table without partitions and index: a flat column a field, no jsonb, no partition and offset',
  table: 'public.debezium_logs',
  id: 'id',
  message: 'msg',
  aside: null,
  setUp: readFileSync(join(sources, 'debezium', 'table.sql'), 'utf8'),
  async build(report) {
    const folder = await buildInto('debezium', 'Maven and Java 17', report)
    const config = (name: string): string => join(sources, 'debezium', name)
    const flags = ['-Xmx2g', '-XX:+UseParallelGC', '-cp', join(folder, '*')]
    const files = [config('worker.properties'), config('sink.properties')]
    return ({ POSTGRES_URL }) => ({
      command: 'java',
      args: [...flags, 'org.apache.kafka.connect.cli.ConnectStandalone', ...files],
      env: { JDBC_URL: `jdbc:postgresql://${new URL(POSTGRES_URL).host}${new URL(POSTGRES_URL).pathname}` },
    })
  },
}

/** In the order in which they take turns. */
export const peers: readonly Peer[] = [
  ours,
  goProgram('go-binary', 'binary', 'Go, expert: franz-go, fastjson, COPY binary by hand'),
  goProgram('go-pgx', 'pgx', 'Go: franz-go, fastjson, pgx CopyFrom'),
  nodeAverage,
  telegraf,
  rsyslog,
  debezium,
]
