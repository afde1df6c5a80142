/**
 * How fast is the kernel, one thread, Kafka batch to COPY rows, all checks on, format by format? Beside JSON.parse
 * alone over the same lines (already strings) in the same run: the ratio is what counts, the machine drifts. Then what
 * of it is scanning and encoding, and what two threads at once do.
 *
 *   node dist/native-bench/kernel.js [--json] [--dry] [--runs 9]
 */
import { parseArgs } from 'node:util'
import { LINES, RUN_MS, time, WARM_UP_MS } from './kernel/clock.ts'
import { type Program, preparePrograms } from './kernel/programs.ts'
import { runThreads } from './kernel/threads.ts'
import {
  commandOf,
  makeReport,
  type Summary,
  showReport,
  summarize,
  summaryRow,
  writeReport,
} from './report.ts'

const THREADS = 2

/** What is measured beside plain JSON: the same records in other formats, and with typed columns. */
export interface FormatFigures {
  readonly name: string
  readonly bytesPerLine: number
  readonly ns: Summary
  readonly MBps: Summary
}

/** Parts of the time over plain JSON, ns a record. */
export interface PartFigures {
  /** Measured alone: headers and CRC-32C of the batches. */
  readonly checksumNs: Summary
  /** Measured alone: headers and the records' own framing. */
  readonly decodeNs: Summary
  /** The rest, run by run: the whole less those two. */
  readonly scanEncodeNs: Summary
  readonly scanEncodeMBps: Summary
  /** JSON.parse's time over that of the rest. */
  readonly scanEncodeRatio: Summary
}

export interface ThreadFigures {
  readonly threads: number
  /** Of all of them together. */
  readonly MBps: Summary
}

export interface KernelFigures {
  readonly lines: number
  readonly bytesPerLine: number
  readonly runs: number
  readonly kernelNs: Summary
  readonly kernelMBps: Summary
  readonly jsonParseNs: Summary
  readonly jsonParseMBps: Summary
  /** JSON.parse's time over the kernel's, run by run. */
  readonly ratio: Summary
  readonly formats: readonly FormatFigures[]
  /** Results from before these were measured have neither. */
  readonly parts?: PartFigures
  readonly threads?: ThreadFigures
}

/** Nanoseconds a line of each program, for each run; they take turns. */
function timesOf(programs: readonly Program[], runs: number): Map<Program, number[]> {
  const times = new Map(programs.map(program => [program, [] as number[]]))
  for (const { run } of programs) time(WARM_UP_MS, run)
  for (let run = 0; run < runs; run++) for (const [program, ns] of times) ns.push(time(RUN_MS, program.run))
  return times
}

const perSecond = (bytes: number, ns: number): number => (bytes / ns) * 1000

function partsOf(bytes: number, whole: number[], checksum: number[], decode: number[], jsonParse: number[]) {
  const rest = whole.map((ns, run) => ns - checksum[run]! - decode[run]!)
  return {
    checksumNs: summarize(checksum),
    decodeNs: summarize(decode),
    scanEncodeNs: summarize(rest),
    scanEncodeMBps: summarize(rest.map(ns => perSecond(bytes, ns))),
    scanEncodeRatio: summarize(rest.map((ns, run) => jsonParse[run]! / ns)),
  }
}

async function measure(runs: number): Promise<KernelFigures> {
  const { json, checksum, decode, jsonParse, formats } = preparePrograms()
  const times = timesOf([json, checksum, decode, jsonParse, ...formats], runs)
  const of = (program: Program): number[] => times.get(program)!
  const rateOf = (program: Program): Summary => summarize(of(program).map(ns => perSecond(program.bytes, ns)))
  const together = await runThreads(THREADS, runs)
  return {
    lines: LINES,
    bytesPerLine: json.bytes,
    runs,
    kernelNs: summarize(of(json)),
    kernelMBps: rateOf(json),
    jsonParseNs: summarize(of(jsonParse)),
    jsonParseMBps: rateOf(jsonParse),
    ratio: summarize(of(jsonParse).map((ns, run) => ns / of(json)[run]!)),
    formats: formats.map(program => ({
      name: program.name,
      bytesPerLine: program.bytes,
      ns: summarize(of(program)),
      MBps: rateOf(program),
    })),
    parts: partsOf(json.bytes, of(json), of(checksum), of(decode), of(jsonParse)),
    threads: {
      threads: THREADS,
      MBps: summarize(together.map(run => run.reduce((sum, ns) => sum + perSecond(json.bytes, ns), 0))),
    },
  }
}

function rowsOf({ parts, threads, ...figures }: KernelFigures): string[][] {
  return [
    summaryRow('kernel, ns a record', figures.kernelNs, 0),
    summaryRow('kernel, MB/s', figures.kernelMBps, 0),
    summaryRow('JSON.parse alone, ns a record', figures.jsonParseNs, 0),
    summaryRow('JSON.parse alone, MB/s', figures.jsonParseMBps, 0),
    summaryRow('JSON.parse over kernel', figures.ratio, 2),
    summaryRow('CRC-32C alone, ns a record', parts!.checksumNs, 0),
    summaryRow('Kafka records decoded alone, ns a record', parts!.decodeNs, 0),
    summaryRow('scan and encode (the rest), ns a record', parts!.scanEncodeNs, 0),
    summaryRow('scan and encode (the rest), MB/s', parts!.scanEncodeMBps, 0),
    summaryRow('JSON.parse over scan and encode', parts!.scanEncodeRatio, 2),
    summaryRow(`kernel, ${threads!.threads} threads together, MB/s`, threads!.MBps, 0),
    ...figures.formats.flatMap(({ name, ns, MBps, bytesPerLine }) => [
      summaryRow(`kernel, ${name} (${bytesPerLine.toFixed(0)} bytes), ns a record`, ns, 0),
      summaryRow(`kernel, ${name}, MB/s`, MBps, 0),
    ]),
  ]
}

/** Fewer are shown and not kept. */
const LEAST_RUNS = 9

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: String(LEAST_RUNS) },
    dry: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
if (!(runs >= 1)) throw new Error('--runs of at least 1')
const figures = await measure(runs)
const report = makeReport('kernel', commandOf('kernel'), figures)
if (!values.dry && runs >= LEAST_RUNS) writeReport(report)
showReport(
  report,
  values.json,
  [`${figures.bytesPerLine.toFixed(0)}-byte JSON lines`, 'min', 'median', 'max'],
  rowsOf(figures),
)
