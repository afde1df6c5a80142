/**
 * How fast is the kernel, one thread, Kafka batch to COPY rows, all checks on, format by format? Beside JSON.parse
 * alone over the same lines (already strings) in the same run: the ratio is what counts, the machine drifts.
 *
 *   node dist/native-bench/kernel.js [--json] [--dry]
 */
import { parseArgs } from 'node:util'
import { instantiateKernel } from '../src/kernel/instance.ts'
import { loadKernelModule } from '../src/kernel/kernel.ts'
import { PAGE_BYTES, STATIC_BYTES, scratchBytes } from '../src/kernel/layout.ts'
import { BatchWalk } from '../src/parse/batch-walk.ts'
import type { ExtraColumn, ParserSettings, ParseTask, RecordFormat } from '../src/parse/contract.ts'
import { defaultSettings } from '../test/kernel/harness.ts'
import { accessLine, encodeLines, logfmtLine, logLine, newSyslogLine, oldSyslogLine } from './kernel-input.ts'
import { commandOf, makeReport, type Summary, showReport, summarize, writeReport } from './report.ts'

const LINES = 5000
const LINES_PER_BATCH = 500
const RUNS = 9
const WARM_UP_MS = 300
const RUN_MS = 300
const START_MS = Date.UTC(2026, 0, 15, 10)

/** What is measured beside plain JSON: the same records in other formats, and with typed columns. */
interface FormatFigures {
  readonly name: string
  readonly bytesPerLine: number
  readonly ns: Summary
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
}

const columns: readonly ExtraColumn[] = [
  { name: 'status', from: 'status', type: 'smallint' },
  { name: 'duration_ms', from: 'duration_ms', type: 'double precision' },
  { name: 'path', from: 'path', type: 'text' },
]

/** Nanoseconds a line of `once`, which deals with all lines, over at least `ms`. */
function time(ms: number, once: () => void): number {
  const startedAt = performance.now()
  let rounds = 0
  let elapsed = 0
  do {
    once()
    rounds += 1
    elapsed = performance.now() - startedAt
  } while (elapsed < ms)
  return (elapsed * 1e6) / (rounds * LINES)
}

async function prepareKernel(
  lines: readonly string[],
  changes: Partial<ParserSettings>,
): Promise<() => void> {
  const input = encodeLines(lines, LINES_PER_BATCH, START_MS)
  const settings = { ...defaultSettings, maxRecordBytes: 1 << 20, ...changes }
  const inputAddress = STATIC_BYTES + scratchBytes(settings)
  const outputAddress = inputAddress + Math.ceil(input.length / PAGE_BYTES + 1) * PAGE_BYTES
  const pages = outputAddress / PAGE_BYTES + 65
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const kernel = instantiateKernel(loadKernelModule(), memory)
  const walk = new BatchWalk(kernel, [settings])
  kernel.bytes.set(input, inputAddress)
  const task: ParseTask = {
    pipeline: 0,
    scratchAddress: STATIC_BYTES,
    inputAddress,
    inputBytes: input.length,
    inputKey: 1,
    outputAddress,
    outputBytes: 64 * PAGE_BYTES,
    topicId: 1,
    partition: 0,
    fromOffset: 0,
    toOffset: LINES,
    nowMs: START_MS,
    abortedAt: 0,
    abortedCount: 0,
  }
  const { malformed, rows, sanitized } = walk.run(task)
  if (rows !== LINES || malformed + sanitized > 0)
    throw new Error('the kernel did not make a row of every line')
  return () => {
    walk.run(task)
  }
}

const mean = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length, 0) / LINES

async function measure(): Promise<KernelFigures> {
  const lines = Array.from({ length: LINES }, (_, i) => logLine(i, START_MS))
  const pairs = Array.from({ length: LINES }, (_, i) => logfmtLine(i, START_MS))
  const bytesPerLine = mean(lines)
  const lineFormat = async (name: string, format: RecordFormat, line: typeof accessLine) => {
    const made = Array.from({ length: LINES }, (_, i) => line(i, START_MS))
    return { name, bytes: mean(made), run: await prepareKernel(made, { format }) }
  }
  const runJsonParse = (): void => {
    for (const line of lines) JSON.parse(line)
  }
  const programs = [
    { name: 'json', bytes: bytesPerLine, run: await prepareKernel(lines, {}) },
    { name: 'logfmt', bytes: mean(pairs), run: await prepareKernel(pairs, { format: 'logfmt' }) },
    { name: 'raw', bytes: bytesPerLine, run: await prepareKernel(lines, { format: 'raw' }) },
    { name: 'auto, JSON', bytes: bytesPerLine, run: await prepareKernel(lines, { format: 'auto' }) },
    { name: 'auto, logfmt', bytes: mean(pairs), run: await prepareKernel(pairs, { format: 'auto' }) },
    await lineFormat('access, combined', 'access', accessLine),
    await lineFormat('syslog, RFC 3164', 'syslog', oldSyslogLine),
    await lineFormat('syslog, RFC 5424', 'syslog', newSyslogLine),
    await lineFormat('auto, access', 'auto', accessLine),
    await lineFormat('auto, RFC 3164', 'auto', oldSyslogLine),
    { name: 'json, 3 columns', bytes: bytesPerLine, run: await prepareKernel(lines, { columns }) },
    { name: 'JSON.parse', bytes: bytesPerLine, run: runJsonParse },
  ]
  for (const { run } of programs) time(WARM_UP_MS, run)
  const times = programs.map((): number[] => [])
  for (let run = 0; run < RUNS; run++) {
    for (const [index, program] of programs.entries()) times[index]!.push(time(RUN_MS, program.run))
  }
  const formats = programs.map(({ name, bytes }, index) => ({
    name,
    bytesPerLine: bytes,
    ns: summarize(times[index]!),
    MBps: summarize(times[index]!.map(ns => (bytes / ns) * 1000)),
  }))
  const kernel = formats[0]!
  const jsonParse = formats.at(-1)!
  return {
    lines: LINES,
    bytesPerLine,
    runs: RUNS,
    kernelNs: kernel.ns,
    kernelMBps: kernel.MBps,
    jsonParseNs: jsonParse.ns,
    jsonParseMBps: jsonParse.MBps,
    ratio: summarize(times.at(-1)!.map((ns, run) => ns / times[0]![run]!)),
    formats: formats.slice(1, -1),
  }
}

const { values } = parseArgs({
  options: { dry: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
})
const figures = await measure()
const report = makeReport('kernel', commandOf('kernel'), figures)
if (!values.dry) writeReport(report)
const line = (name: string, of: Summary, digits: number): string[] => [
  name,
  ...[of.min, of.median, of.max].map(value => value.toFixed(digits)),
]
showReport(
  report,
  values.json,
  [`${figures.bytesPerLine.toFixed(0)}-byte JSON lines`, 'min', 'median', 'max'],
  [
    line('kernel, ns a record', figures.kernelNs, 0),
    line('kernel, MB/s', figures.kernelMBps, 0),
    line('JSON.parse alone, ns a record', figures.jsonParseNs, 0),
    line('JSON.parse alone, MB/s', figures.jsonParseMBps, 0),
    line('JSON.parse over kernel', figures.ratio, 2),
    ...figures.formats.flatMap(({ name, ns, MBps, bytesPerLine }) => [
      line(`kernel, ${name} (${bytesPerLine.toFixed(0)} bytes), ns a record`, ns, 0),
      line(`kernel, ${name}, MB/s`, MBps, 0),
    ]),
  ],
)
