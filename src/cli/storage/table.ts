/** The segments as a table for people. report.ts says what the columns mean. */
import Table from 'cli-table3'
import picocolors from 'picocolors'
import { writeValue } from '../../config/values.ts'
import type { SegmentReport, StorageReport } from './report.ts'

const HEAD = ['segment', 'from', 'to', 'state', 'rows', 'table', 'indexes', 'which', 'will be dropped']
const UNKNOWN = '–'
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
const KIB = 1024

/** Table and sums, with a line break at the end. */
export function storageTable(report: StorageReport, isTerminal: boolean): string {
  const colours = picocolors.createColors(isTerminal && picocolors.isColorSupported)
  const table = new Table({
    head: HEAD,
    colAligns: HEAD.map((_, column) => (column >= 4 && column <= 6 ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  })
  for (const one of report.segments)
    table.push([
      one.segment,
      minute(one.from),
      minute(one.to),
      one.state === 'live' ? colours.green(one.state) : one.state,
      one.rowsEstimate === null ? colours.dim(UNKNOWN) : `~${one.rowsEstimate.toLocaleString('en-US')}`,
      bytes(one.tableBytes),
      bytes(one.indexBytes),
      one.indexes
        .map(({ name, isValid }) => shortName(name, one) + (isValid ? '' : ' (unfinished)'))
        .join(' '),
      one.drop === null ? colours.dim('no') : dropText(one.drop, report.at),
    ])
  return `${[table.toString(), ...sums(report)].join('\n')}\n`
}

function dropText({ reason, at }: NonNullable<SegmentReport['drop']>, now: string): string {
  const because = reason === 'age' ? 'storage.retention' : 'storage.max_size'
  return at <= now ? `at the next look, by ${because}` : `${minute(at)}, by ${because}`
}

function sums({ at, leavingBytes, policy, segments, totalBytes }: StorageReport): string[] {
  const { maxSizeBytes, retentionMs } = policy
  const limit = maxSizeBytes === 0 ? 'no storage.max_size' : `storage.max_size is ${bytes(maxSizeBytes)}`
  const age =
    retentionMs === 0 ? 'no storage.retention' : `storage.retention is ${writeValue('duration', retentionMs)}`
  const leaving = leavingBytes === 0 ? [] : [`${bytes(leavingBytes)} are on their way out`]
  return [`${segments.length} segments, ${bytes(totalBytes)}, at ${at}; ${limit}, ${age}`, ...leaving]
}

/** logs_20260131_service of logs_20260131: service. */
const shortName = (index: string, { segment }: SegmentReport): string =>
  index.startsWith(`${segment}_`) ? index.slice(segment.length + 1).replace(/_idx$/, '') : index

const minute = (time: string): string => time.slice(0, 16).replace('T', ' ')

function bytes(amount: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(amount, 1)) / Math.log(KIB)))
  return `${(amount / KIB ** step).toFixed(step === 0 ? 0 : 1)} ${UNITS[step]}`
}
