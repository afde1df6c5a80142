/**
 * How soon does it go on? With a backlog and all defaults, the program is killed (SIGKILL) and started again at once; then
 * Postgres is, and the time counts from the moment when it answers again.
 *
 *   node dist/native-bench/recovery.js [--json] [--records 4000000] [--rounds 5]
 */
import { parseArgs } from 'node:util'
import { kafkaVersion } from '../stack/jars.ts'
import { type Program, startProgram } from '../stack/program.ts'
import { fillTopic, type Servers, say, startServers, TOPIC } from './pipeline/servers.ts'
import { Stored } from './recovery/stored.ts'
import {
  commandOf,
  makeReport,
  type Summary,
  showReport,
  summarize,
  summaryRow,
  writeReport,
} from './report.ts'

/** Fewer are shown and not kept. */
const LEAST_ROUNDS = 5
const RATE_OVER_MS = 1_000
/** What counts as the rate of before. */
const FULL_SHARE = 0.8
/** Stored before the first kill: the rate of before is measured on them. */
const WARM_ROWS = 500_000

export interface RecoveryFigures {
  readonly records: number
  readonly rounds: number
  readonly versions: { readonly kafka: string; readonly postgres: string }
  /** s, from the kill of the program to the next row. */
  readonly killToRow: Summary
  /** s, from the kill of the program until a second went by at FULL_SHARE of the rate of before. */
  readonly killToFullRate: Summary
  /** s, from Postgres' first answer after its own kill to the next row. */
  readonly postgresToRow: Summary
  readonly postgresToFullRate: Summary
}

interface Round {
  readonly killToRow: number
  readonly killToFullRate: number
  readonly postgresToRow: number
  readonly postgresToFullRate: number
}

const seconds = (from: number, to: number): number => (to - from) / 1000

/** From a disturbance on: when the next row was stored, and when the rate was that of before. */
async function recovered(stored: Stored, before: number, rows: number): Promise<[row: number, full: number]> {
  const row = await stored.when(() => stored.rows > rows, 'the next row')
  const isFull = () =>
    performance.now() - row >= RATE_OVER_MS && (stored.rate(RATE_OVER_MS) ?? 0) >= FULL_SHARE * before
  return [row, await stored.when(isFull, 'the rate of before')]
}

async function measureRound({ kafka, postgres, databases }: Servers, round: number): Promise<Round> {
  const database = await databases.fresh()
  const start = (): Program =>
    startProgram({
      settings: [
        `kafka.brokers=${kafka.address}`,
        `kafka.topics=${TOPIC}`,
        `kafka.group_id=bench-recovery-${round}`,
        `postgres.url=${database}`,
      ],
      onLine: () => undefined,
    })
  const stored = new Stored(database)
  const first = start()
  let program = first
  try {
    await stored.when(() => stored.rows >= WARM_ROWS, 'the rows of before')
    const before = stored.rate(RATE_OVER_MS) ?? 0
    const killedAt = performance.now()
    process.kill(first.pid, 'SIGKILL')
    program = start()
    // What was on its way to Postgres at the kill is no recovery.
    const rows = await settledRows(stored)
    const [row, full] = await recovered(stored, before, rows)
    await postgres.kill('SIGKILL')
    await postgres.restart()
    const answersAt = performance.now()
    const [rowAfter, fullAfter] = await recovered(stored, before, stored.rows)
    return {
      killToRow: seconds(killedAt, row),
      killToFullRate: seconds(killedAt, full),
      postgresToRow: seconds(answersAt, rowAfter),
      postgresToFullRate: seconds(answersAt, fullAfter),
    }
  } finally {
    await Promise.all([program.stop(), first.stop(), stored.end()])
  }
}

/** Rows of a moment in which nothing moves, soon after a kill. */
async function settledRows(stored: Stored): Promise<number> {
  await stored.when(() => stored.rate(STILL_MS) === 0, 'a moment of rest')
  return stored.rows
}

const STILL_MS = 100

async function measure(records: number, rounds: number): Promise<RecoveryFigures> {
  const servers = await startServers()
  try {
    await fillTopic(servers, records)
    const all: Round[] = []
    for (let round = 1; round <= rounds; round++) {
      const figures = await measureRound(servers, round)
      all.push(figures)
      const { killToFullRate, killToRow, postgresToFullRate, postgresToRow } = figures
      const shown = [killToRow, killToFullRate, postgresToRow, postgresToFullRate].map(s => s.toFixed(2))
      say(
        `round ${round}: killed ${shown[0]} s, full rate ${shown[1]} s; Postgres ${shown[2]} s, full rate ${shown[3]} s`,
      )
    }
    const each = (of: (round: Round) => number): Summary => summarize(all.map(of))
    return {
      records,
      rounds,
      versions: { kafka: kafkaVersion(), postgres: servers.databases.serverVersion },
      killToRow: each(({ killToRow }) => killToRow),
      killToFullRate: each(({ killToFullRate }) => killToFullRate),
      postgresToRow: each(({ postgresToRow }) => postgresToRow),
      postgresToFullRate: each(({ postgresToFullRate }) => postgresToFullRate),
    }
  } finally {
    await servers.stop()
  }
}

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '4000000' },
    rounds: { type: 'string', default: String(LEAST_ROUNDS) },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const figures = await measure(Number(values.records), rounds)
const report = makeReport('recovery', commandOf('recovery'), figures)
if (rounds >= LEAST_ROUNDS) writeReport(report)
showReport(
  report,
  values.json,
  ['seconds until it goes on', 'min', 'median', 'max'],
  [
    summaryRow('killed: to the next row', figures.killToRow, 2),
    summaryRow('killed: to full rate', figures.killToFullRate, 2),
    summaryRow('Postgres killed, from its answer: to the next row', figures.postgresToRow, 2),
    summaryRow('Postgres killed, from its answer: to full rate', figures.postgresToFullRate, 2),
  ],
)
