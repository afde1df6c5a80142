/**
 * The programs that are compared: ours as a user runs it, and the peers with what is said of each beside its figures.
 * Their sources and configurations lie in the folders of their names; peers.ts runs them.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../stack/command.ts'
import { cacheFolder, repositoryRoot } from '../../stack/paths.ts'
import type { Peer } from './peer.ts'

const sources = join(repositoryRoot, 'native-bench', 'peers')
const attrsId = `attrs->>'id'`
const allColumns = 'all columns of logs.sql'
const plainTable = readFileSync(join(sources, 'logs.sql'), 'utf8')

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
  fills: 'every column of logcollector.logs (partitioned, BRIN index), rollups, ledger, positions',
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
  fills: allColumns,
  table: 'public.logs',
  id: attrsId,
  message: 'message',
  aside: null,
  setUp: plainTable,
  async build(report) {
    const folder = await buildInto('go', 'Go and its module proxy', report)
    return () => ({ command: join(folder, program), args: [] })
  },
})

const nodeAverage: Peer = {
  name: 'node-average',
  what: 'kafkajs eachBatch, JSON.parse, INSERT … unnest',
  delivery: 'at least once: the offset follows the rows',
  fills: allColumns,
  table: 'public.logs',
  id: attrsId,
  message: 'message',
  aside: null,
  setUp: plainTable,
  build: async () => () => ({
    command: process.execPath,
    args: [join(sources, 'node-average', 'consumer.mjs')],
  }),
}

/** In the order in which they take turns. */
export const peers: readonly Peer[] = [
  ours,
  goProgram('go-binary', 'binary', 'Go, expert: franz-go, fastjson, COPY binary by hand'),
  goProgram('go-pgx', 'pgx', 'Go: franz-go, fastjson, pgx CopyFrom'),
  nodeAverage,
]
