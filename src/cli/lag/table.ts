/** The lag as a table for people: what is behind stands out. report.ts says what the columns mean. */
import Table from 'cli-table3'
import picocolors from 'picocolors'
import type { LagReport, PartitionLag } from './report.ts'

const HEAD = ['topic', 'partition', 'committed', 'end', 'lag', 'fetched', 'parsed', 'in flight', 'instance']
const UNKNOWN = '–'
/** More records behind than this are shown in red. */
const MUCH_RECORDS = 100_000
const KIB = 1024
const MIB = KIB * 1024

/** Table, sum and notes, with a line break at the end. */
export function lagTable(report: LagReport, isTerminal: boolean): string {
  const { at, notes, partitions, pressure, source, totalLag, unknown: unknowns } = report
  const colours = picocolors.createColors(isTerminal && picocolors.isColorSupported)
  const table = new Table({
    head: HEAD,
    colAligns: HEAD.map((_, column) => (column === 0 || column === 8 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  })
  const coloured = (lag: number): string => {
    const text = number(lag)
    if (lag === 0) return colours.green(text)
    return lag > MUCH_RECORDS ? colours.red(text) : colours.yellow(text)
  }
  const offset = (value: number | null): string => (value === null ? colours.dim(UNKNOWN) : number(value))
  const rowOf = (one: PartitionLag): string[] => [
    one.topic,
    String(one.partition),
    offset(one.committed),
    offset(one.highWatermark),
    one.lag === null ? colours.dim(UNKNOWN) : coloured(one.lag),
    offset(one.fetched),
    offset(one.parsed),
    one.inFlightBytes === null ? colours.dim(UNKNOWN) : bytes(one.inFlightBytes),
    one.instance ?? colours.dim(UNKNOWN),
  ]
  for (const one of partitions) table.push(rowOf(one))
  const from = source === 'redis' ? 'the mirror in Redis' : 'Postgres and Kafka'
  const but = unknowns === 0 ? '' : ` (of ${unknowns} it is not known)`
  const sum = `${coloured(totalLag)} records behind in ${partitions.length} partitions${but}, at ${at} from ${from}`
  const behind = pressure === null ? [] : [pressureLine(pressure)]
  return `${[table.toString(), sum, ...behind, ...notes.map(note => colours.yellow(note))].join('\n')}\n`
}

const pressureLine = ({ arenaFill, lagSeconds }: NonNullable<LagReport['pressure']>): string =>
  `${lagSeconds.toFixed(1)} s behind, memory ${Math.round(arenaFill * 100)} % full`

const number = (value: number): string => value.toLocaleString('en-US')

function bytes(amount: number): string {
  if (amount >= MIB) return `${(amount / MIB).toFixed(1)} MiB`
  return amount >= KIB ? `${(amount / KIB).toFixed(1)} KiB` : `${amount} B`
}
