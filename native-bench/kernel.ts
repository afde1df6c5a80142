/**
 * How fast is the kernel, one thread, Kafka batch to COPY rows, all checks on? Beside JSON.parse alone over the
 * same lines (already strings) in the same run: the ratio is what counts, the machine drifts.
 *
 *   node dist/native-bench/kernel.js [--json]
 */
import { instantiateKernel } from '../src/kernel/instance.ts'
import { loadKernelModule } from '../src/kernel/kernel.ts'
import { PAGE_BYTES, STATIC_BYTES, scratchBytes } from '../src/kernel/layout.ts'
import { BatchWalk } from '../src/parse/batch-walk.ts'
import type { ParseTask } from '../src/parse/contract.ts'
import { defaultSettings } from '../test/kernel/harness.ts'
import { encodeLines, logLine } from './kernel-input.ts'
import { makeReport, type Summary, showReport, summarize, writeReport } from './report.ts'

const LINES = 5000
const LINES_PER_BATCH = 500
const RUNS = 9
const WARM_UP_MS = 300
const RUN_MS = 300
const START_MS = Date.UTC(2026, 0, 15, 10)

interface Figures {
  readonly lines: number
  readonly bytesPerLine: number
  readonly runs: number
  readonly kernelNs: Summary
  readonly kernelMBps: Summary
  readonly jsonParseNs: Summary
  readonly jsonParseMBps: Summary
  /** JSON.parse's time over the kernel's, run by run. */
  readonly ratio: Summary
}

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

async function prepareKernel(input: Buffer): Promise<() => void> {
  const settings = { ...defaultSettings, maxRecordBytes: 1 << 20 }
  const inputAddress = STATIC_BYTES + scratchBytes(settings)
  const outputAddress = inputAddress + Math.ceil(input.length / PAGE_BYTES + 1) * PAGE_BYTES
  const pages = outputAddress / PAGE_BYTES + 65
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const kernel = instantiateKernel(loadKernelModule(), memory)
  const walk = new BatchWalk(kernel, settings)
  kernel.bytes.set(input, inputAddress)
  const task: ParseTask = {
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
  const isRight = (): boolean => walk.run(task).rows === LINES
  if (!isRight()) throw new Error('the kernel did not make a row of every line')
  return () => {
    walk.run(task)
  }
}

async function measure(): Promise<Figures> {
  const lines = Array.from({ length: LINES }, (_, i) => logLine(i, START_MS))
  const bytesPerLine = lines.reduce((sum, line) => sum + line.length, 0) / LINES
  const runKernel = await prepareKernel(encodeLines(lines, LINES_PER_BATCH, START_MS))
  const runJsonParse = (): void => {
    for (const line of lines) JSON.parse(line)
  }
  time(WARM_UP_MS, runKernel)
  time(WARM_UP_MS, runJsonParse)
  const kernel: number[] = []
  const jsonParse: number[] = []
  for (let run = 0; run < RUNS; run++) {
    kernel.push(time(RUN_MS, runKernel))
    jsonParse.push(time(RUN_MS, runJsonParse))
  }
  const speed = (ns: number): number => (bytesPerLine / ns) * 1000
  return {
    lines: LINES,
    bytesPerLine,
    runs: RUNS,
    kernelNs: summarize(kernel),
    kernelMBps: summarize(kernel.map(speed)),
    jsonParseNs: summarize(jsonParse),
    jsonParseMBps: summarize(jsonParse.map(speed)),
    ratio: summarize(jsonParse.map((ns, run) => ns / kernel[run]!)),
  }
}

const json = process.argv.includes('--json')
const figures = await measure()
const report = makeReport('kernel', 'npm run bench -- kernel', figures)
writeReport(report)
const line = (name: string, of: Summary, digits: number): string[] => [
  name,
  ...[of.min, of.median, of.max].map(value => value.toFixed(digits)),
]
showReport(
  report,
  json,
  [`${figures.bytesPerLine.toFixed(0)}-byte JSON lines`, 'min', 'median', 'max'],
  [
    line('kernel, ns a record', figures.kernelNs, 0),
    line('kernel, MB/s', figures.kernelMBps, 0),
    line('JSON.parse alone, ns a record', figures.jsonParseNs, 0),
    line('JSON.parse alone, MB/s', figures.jsonParseMBps, 0),
    line('JSON.parse over kernel', figures.ratio, 2),
  ],
)
