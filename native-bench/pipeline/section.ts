/** The section of BENCHMARKS.md on the whole path, from results/pipeline.json. render.ts puts it in. */
import { chartImage } from '../charts/list.ts'
import { circumstances, grouped, row, table } from '../markdown.ts'
import type { PipelineFigures } from '../pipeline.ts'
import type { Report } from '../report.ts'

/** Of a result that is older than the comparison with psql: nothing. */
function psqlText({ psqlRowsPerSecond }: PipelineFigures): string {
  if (psqlRowsPerSecond === undefined) return ''
  if (psqlRowsPerSecond === null) return ' No psql came with that Postgres, so it is not compared.'
  return ` Then two processes of psql load the same files at once into a third database, by \`\\copy\`, from the client's side.`
}

const psqlRows = ({ psqlRowsPerSecond, ofPsqlCopy }: PipelineFigures): string[] => [
  ...(psqlRowsPerSecond ? [row('rows a second, psql \\copy', psqlRowsPerSecond)] : []),
  ...(ofPsqlCopy ? [row('of psql \\copy', ofPsqlCopy, 2)] : []),
]

/** Every round; psql has a column where it was compared. */
function roundsTable({ rounds, psqlRowsPerSecond }: PipelineFigures): string {
  const head = [
    'Round',
    'rows/s',
    'ceiling',
    ...(psqlRowsPerSecond ? ['psql'] : []),
    'ours',
    'Postgres',
    'Postgres, ceiling',
    'Kafka',
    'transactions',
    'load',
  ]
  const lines = rounds.map(({ program, ceiling, psql, load }, index) => [
    String(index + 1),
    grouped(program.rowsPerSecond),
    grouped(ceiling.rowsPerSecond),
    ...(psqlRowsPerSecond ? [psql ? grouped(psql.rowsPerSecond) : '–'] : []),
    program.ourCpuUsPerRow.toFixed(2),
    program.postgresCpuUsPerRow.toFixed(2),
    ceiling.postgresCpuUsPerRow.toFixed(2),
    program.kafkaCpuUsPerRow.toFixed(2),
    String(program.transactions),
    load.toFixed(1),
  ])
  return [`| ${head.join(' | ')} |`, `|${'--:|'.repeat(head.length)}`]
    .concat(lines.map(cells => `| ${cells.join(' | ')} |`))
    .join('\n')
}

/** The whole section. */
export function pipelineSection(report: Report<PipelineFigures>): string {
  const { figures } = report
  const { versions, postgresSettings } = figures
  const settings = Object.entries(postgresSettings).map(([name, value]) => `${name} = ${value}`)
  return `## The whole path

How fast is it from Kafka to COMMIT, what does it cost, and how far is that from what this Postgres can do at all?

${grouped(figures.records)} JSON records of ${Math.round(figures.bytesPerRecord)} bytes in the mean lie uncompressed in ${figures.partitions} partitions before the measurement begins. Kafka, Postgres and the program share the machine. After a round that does not count, and that \`verify\` looks through, each round stores all of them into an empty database, then loads the same rows, byte for byte as the program sends them, into another one: that is the ceiling, two sessions that COPY binary files of the server's own disk into the same table with the same index, \`synchronous_commit = off\` like the program's.${psqlText(figures)} Rows a second count from the begin of the first transaction to the commit of the last. CPU is what the operating system charges the process and its threads, or Postgres with all its backends, from the first claimed partition on.

${circumstances(report, [`Kafka ${versions.kafka}`, `Postgres ${versions.postgres}`])} · postgresql.conf: ${settings.join(', ')}

${chartImage('pipeline-rows')}

${chartImage('pipeline-cpu')}

${table([
  row('rows a second', figures.rowsPerSecond),
  row('rows a second, ceiling', figures.ceilingRowsPerSecond),
  row('of the ceiling', figures.ofCeiling, 2),
  ...psqlRows(figures),
  row('CPU of LogCollector, µs a row', figures.ourCpuUsPerRow, 2),
  row('CPU of Postgres, µs a row', figures.postgresCpuUsPerRow, 2),
  row('CPU of Kafka, µs a row', figures.kafkaCpuUsPerRow, 2),
  row('CPU of LogCollector over that of Postgres', figures.ofPostgresCpu, 2),
  row('peak memory (RSS), MiB', figures.peakRssMiB),
])}

Every round; CPU in µs a row, load of the machine in the minute before:

${roundsTable(figures)}`
}
