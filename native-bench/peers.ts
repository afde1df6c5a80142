/**
 * How fast are other ways from Kafka into Postgres, what do they cost, and what do they do with a bad record and a
 * kill -9? The same topic, server and machine for all; they take turns, round by round. Builds what it needs under .stack/.
 *
 *   node dist/native-bench/peers.js [--json] [--records 1000000] [--rounds 3] [--peer NAME]…
 */
import { parseArgs } from 'node:util'
import { messageOf } from '../src/errors.ts'
import { kafkaVersion } from '../stack/jars.ts'
import { peers } from './peers/list.ts'
import { describeKill, describePoison, type KillOutcome, type PoisonOutcome } from './peers/outcome.ts'
import type { Peer, Start } from './peers/peer.ts'
import { peerRecords } from './peers/records.ts'
import { killHalfway, measureSpeed, meetPoison, type Scene, type SpeedRound } from './peers/runs.ts'
import {
  fill,
  PARTITIONS,
  postgresSettings,
  progress,
  type Servers,
  say,
  startServers,
  thousands,
} from './pipeline/servers.ts'
import { commandOf, makeReport, type Summary, showReport, summarize, writeReport } from './report.ts'

/** Fewer would mostly measure the start: such a run is shown and not kept. */
const LEAST_RECORDS = 1_000_000
const LEAST_ROUNDS = 3
const POISON_RECORDS = 100_000

export interface ProgramFigures extends Pick<Peer, 'name' | 'what' | 'delivery' | 'fills'> {
  readonly rounds: readonly SpeedRound[]
  readonly rowsPerSecond: Summary
  readonly ownCpuSecondsPerMillion: Summary
  readonly postgresCpuSecondsPerMillion: Summary
  readonly peakRssMiB: Summary
  readonly startCpuSeconds: Summary
  readonly poison: PoisonOutcome
  readonly kill: KillOutcome
}

export interface PeersFigures {
  readonly records: number
  readonly bytesPerRecord: number
  readonly partitions: number
  readonly versions: { readonly kafka: string; readonly postgres: string }
  readonly postgresSettings: Readonly<Record<string, string>>
  readonly programs: readonly ProgramFigures[]
  /** Could not be built here, or failed in a run, and why. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[]
}

type LeftOut = PeersFigures['leftOut'][number]

interface Options {
  readonly records: number
  readonly rounds: number
  readonly chosen: readonly Peer[]
  readonly json: boolean
}

interface Built {
  readonly peer: Peer
  readonly start: Start
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      records: { type: 'string', default: String(LEAST_RECORDS) },
      rounds: { type: 'string', default: String(LEAST_ROUNDS) },
      peer: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    },
  })
  const records = Number(values.records)
  const rounds = Number(values.rounds)
  if (!(records >= 1000 && rounds >= 1)) throw new Error('--records of at least 1000, --rounds of at least 1')
  const unknown = values.peer.find(name => !peers.some(peer => peer.name === name))
  if (unknown !== undefined)
    throw new Error(`--peer: there is no "${unknown}", only ${peers.map(({ name }) => name).join(', ')}`)
  const chosen = peers.filter(({ name }) => values.peer.length === 0 || values.peer.includes(name))
  return { records, rounds, chosen, json: values.json }
}

/** Builds all; one that cannot be built here is left out with the reason. */
async function buildAll(chosen: readonly Peer[]): Promise<{ built: Built[]; leftOut: LeftOut[] }> {
  const built: Built[] = []
  const leftOut: LeftOut[] = []
  for (const peer of chosen)
    try {
      built.push({ peer, start: await peer.build(say) })
    } catch (error) {
      leftOut.push({ name: peer.name, reason: messageOf(error) })
      say(`${peer.name} is left out: ${messageOf(error)}`)
    }
  if (built.length === 0) throw new Error('none of them could be built')
  return { built, leftOut }
}

let runs = 0

/** An empty database and a new group for one run of one program. */
async function sceneOf(
  { kafka, postgres, databases }: Servers,
  { peer, start }: Built,
  run: string,
  topic: string,
  records: number,
): Promise<Scene> {
  const addresses = {
    KAFKA_BROKERS: kafka.address,
    KAFKA_TOPIC: topic,
    KAFKA_GROUP: `peers-${++runs}`,
    POSTGRES_URL: await databases.fresh(),
  }
  const onProgress = (text: string): void => progress(`${peer.name}, ${run}: ${text}`)
  return { peer, start, addresses, postgresPid: postgres.pid!, records, onProgress }
}

/** Who comes when in a round: each round begins with another, so that none always follows the same. */
const turns = (count: number, round: number): number[] =>
  Array.from({ length: count }, (_, index) => (index + round - 1) % count)

/** What the act gives; null when it fails: then the peer is left out. Ours must not fail. */
async function attempt<T>({ name }: Peer, leftOut: LeftOut[], act: () => Promise<T>): Promise<T | null> {
  if (leftOut.some(each => each.name === name)) return null
  try {
    return await act()
  } catch (error) {
    if (name === peers[0]!.name) throw error
    say(`${name} is left out: ${messageOf(error)}`)
    leftOut.push({ name, reason: messageOf(error) })
    return null
  }
}

const showSpeed = (speed: SpeedRound): string =>
  [
    `${thousands(speed.rowsPerSecond)} rows/s`,
    `CPU s a million: own ${speed.ownCpuSecondsPerMillion.toFixed(2)}`,
    `Postgres ${speed.postgresCpuSecondsPerMillion.toFixed(2)}`,
    `peak ${(speed.peakRssBytes / 2 ** 20).toFixed(0)} MiB`,
    ...(speed.duplicated > 0 ? [`${speed.duplicated} rows twice`] : []),
  ].join(', ')

async function measureSpeeds(
  servers: Servers,
  built: readonly Built[],
  options: Options,
  leftOut: LeftOut[],
): Promise<SpeedRound[][]> {
  const speeds: SpeedRound[][] = built.map(() => [])
  for (let number = 1; number <= options.rounds; number++)
    for (const index of turns(built.length, number)) {
      const each = built[index]!
      const run = `round ${number} of ${options.rounds}`
      const speed = await attempt(each.peer, leftOut, async () =>
        measureSpeed(await sceneOf(servers, each, run, 'peers', options.records)),
      )
      if (speed === null) continue
      speeds[index]!.push(speed)
      say(`${run}, ${each.peer.name}: ${showSpeed(speed)}`)
    }
  return speeds
}

async function measureAccidents(
  servers: Servers,
  each: Built,
  records: number,
  tableBytes: number,
): Promise<Pick<ProgramFigures, 'poison' | 'kill'>> {
  const { name } = each.peer
  const poison = await meetPoison(await sceneOf(servers, each, 'poison', 'peers-poison', POISON_RECORDS))
  say(`${name}, one poison record: ${describePoison(poison)}`)
  const kill = await killHalfway(await sceneOf(servers, each, 'kill -9', 'peers', records), tableBytes)
  say(
    `${name}, kill -9, lost / duplicated: ${describeKill(kill)}, complete after ${kill.seconds.toFixed(1)} s`,
  )
  return { poison, kill }
}

function summarizeRounds(
  rounds: readonly SpeedRound[],
): Omit<ProgramFigures, keyof Peer | 'poison' | 'kill'> {
  const over = (pick: (round: SpeedRound) => number): Summary => summarize(rounds.map(pick))
  return {
    rounds,
    rowsPerSecond: over(round => round.rowsPerSecond),
    ownCpuSecondsPerMillion: over(round => round.ownCpuSecondsPerMillion),
    postgresCpuSecondsPerMillion: over(round => round.postgresCpuSecondsPerMillion),
    peakRssMiB: over(round => round.peakRssBytes / 2 ** 20),
    startCpuSeconds: over(round => round.startCpuSeconds),
  }
}

async function measureAll(
  servers: Servers,
  built: readonly Built[],
  options: Options,
  leftOut: LeftOut[],
): Promise<ProgramFigures[]> {
  const speeds = await measureSpeeds(servers, built, options, leftOut)
  const programs: ProgramFigures[] = []
  for (const [index, each] of built.entries()) {
    const rounds = speeds[index]!
    const { name, what, delivery, fills } = each.peer
    const accidents = await attempt(each.peer, leftOut, () =>
      measureAccidents(servers, each, options.records, rounds[0]!.tableBytes),
    )
    if (accidents !== null)
      programs.push({ name, what, delivery, fills, ...summarizeRounds(rounds), ...accidents })
  }
  return programs
}

async function measure(options: Options): Promise<PeersFigures> {
  const { built, leftOut } = await buildAll(options.chosen)
  const servers = await startServers()
  try {
    const source = peerRecords(options.records, null)
    const bytesPerRecord = await fill(servers.kafka, 'peers', source, options.records)
    const poisoned = peerRecords(POISON_RECORDS, POISON_RECORDS / 2)
    await fill(servers.kafka, 'peers-poison', poisoned, POISON_RECORDS + 1)
    return {
      records: options.records,
      bytesPerRecord,
      partitions: PARTITIONS,
      versions: { kafka: kafkaVersion(), postgres: servers.databases.serverVersion },
      postgresSettings: { ...postgresSettings, synchronous_commit: 'off' },
      programs: await measureAll(servers, built, options, leftOut),
      leftOut,
    }
  } finally {
    await servers.stop()
  }
}

const options = readOptions()
const figures = await measure(options)
const report = makeReport('peers', commandOf('peers'), figures)
const isWhole = figures.programs.length === peers.length
if (isWhole && options.records >= LEAST_RECORDS && options.rounds >= LEAST_ROUNDS)
  say(`wrote ${writeReport(report)}`)
else say('not kept: results are kept of runs with every peer, a million records and three rounds or more')
showReport(
  report,
  options.json,
  ['', 'rows/s', 'own CPU s/M', 'Postgres CPU s/M', 'peak MiB', 'one poison record', 'lost / duplicated'],
  figures.programs.map(program => [
    program.name,
    program.rowsPerSecond.median.toFixed(0),
    program.ownCpuSecondsPerMillion.median.toFixed(2),
    program.postgresCpuSecondsPerMillion.median.toFixed(2),
    program.peakRssMiB.median.toFixed(0),
    describePoison(program.poison),
    describeKill(program.kill),
  ]),
)
