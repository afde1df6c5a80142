/**
 * The section of BENCHMARKS.md on other ways from Kafka into Postgres, from results/peers.json. render.ts puts it in.
 */
import { chartImage } from '../charts/list.ts'
import { circumstances, grouped, spread } from '../markdown.ts'
import type { PeersFigures, ProgramFigures } from '../peers.ts'
import type { Report } from '../report.ts'
import { describeKill, describePoison } from './outcome.ts'

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const seconds = (value: number): string => value.toFixed(2)

const speedLine = (program: ProgramFigures): string =>
  line([
    program.name,
    spread(program.rowsPerSecond, grouped),
    spread(program.ownCpuSecondsPerMillion, seconds),
    spread(program.postgresCpuSecondsPerMillion, seconds),
    spread(program.peakRssMiB, grouped),
    program.startCpuSeconds.median.toFixed(1),
  ])

const accidentLine = ({ name, delivery, poison, kill }: ProgramFigures): string =>
  line([name, delivery, describePoison(poison), describeKill(kill), kill.seconds.toFixed(1)])

/** The whole section. */
export function peersSection(report: Report<PeersFigures>): string {
  const { bytesPerRecord, leftOut, partitions, postgresSettings, programs, records, versions } =
    report.figures
  const [first] = programs
  const settings = Object.entries(postgresSettings).map(([name, value]) => `${name} = ${value}`)
  const missing = leftOut.map(({ name }) => name)
  return `## Beside others

How fast do other ways from Kafka into Postgres store the same topic, what do they cost, and what do they do with a bad record and a kill -9? ${grouped(records)} JSON records of ${Math.round(bytesPerRecord)} bytes and one shape lie uncompressed in ${partitions} partitions; every run begins with an empty database and a new consumer group, on one Kafka and one Postgres that share the machine with the program. They take turns, ${first?.rounds.length ?? 0} rounds, each begun by another. Rows a second count from the moment at which Kafka has given the group its partitions to the commit of the last row; CPU from that moment on, what was used before it stands aside. Each run counts only if every record is a row at its end. What go-binary, go-pgx and node-average fill has the columns (but the topic's number), partitions by day and BRIN index of ours; what is easier for them: no rollups, no ledger, no positions in Postgres, no dead letters. The packaged ones write to a table of their own kind, as the last table says, without partitions and index. Sources, configurations and how each was tuned: \`native-bench/peers/\`.

${circumstances(report, [`Kafka ${versions.kafka}`, `Postgres ${versions.postgres}`])} · postgresql.conf and session: ${settings.join(', ')}${missing.length ? ` · left out, could not be built there: ${missing.join(', ')}` : ''}

${chartImage('peers')}

Median (least–most); CPU in seconds a million rows, memory in MiB:

| | rows/s | own CPU | CPU of Postgres | peak memory (RSS) | CPU s until it had its partitions |
|---|--:|--:|--:|--:|--:|
${programs.map(speedLine).join('\n')}

One record with \`\\u0000\` in its message among ${grouped(first?.poison.records ?? 0)}; then, on the whole topic, one kill -9 when the table has half its size, and a new start at once:

| | delivery | one poison record | lost / duplicated rows | s from the kill to the last row |
|---|---|---|--:|--:|
${programs.map(accidentLine).join('\n')}

| | how | fills |
|---|---|---|
${programs.map(({ name, what, fills }) => line([name, what, fills])).join('\n')}`
}
