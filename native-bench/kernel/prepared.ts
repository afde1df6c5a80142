/**
 * The kernel over one input, ready to run again and again: the whole walk as a worker does it, and two of its parts
 * alone over the same bytes. programs.ts prepares one for each format.
 */
import { instantiateKernel, type Kernel } from '../../src/kernel/instance.ts'
import { loadKernelModule } from '../../src/kernel/kernel.ts'
import { PAGE_BYTES, STATIC_BYTES, scratchBytes } from '../../src/kernel/layout.ts'
import { STEP_DONE } from '../../src/kernel/memory-map.ts'
import { BatchWalk } from '../../src/parse/batch-walk.ts'
import type { ParserSettings, ParseTask } from '../../src/parse/contract.ts'
import { BatchHeader, isChecksumRight, readHeader } from '../../src/parse/kafka-batch.ts'
import { defaultSettings } from '../../test/kernel/harness.ts'
import { encodeLines } from './input.ts'

const LINES_PER_BATCH = 500
const OUTPUT_PAGES = 64
export const START_MS = Date.UTC(2026, 0, 15, 10)

export interface Prepared {
  /** Everything: headers, CRC-32C, records, fields, rows. */
  readonly walk: () => void
  /** Only the headers and the CRC-32C of the batches. */
  readonly checksum: () => void
  /** Only headers and the lengths of the records: all lie before the offset from which rows are wanted. */
  readonly decode: () => void
}

function taskOf(inputAddress: number, inputBytes: number, lines: number): ParseTask {
  return {
    pipeline: 0,
    scratchAddress: STATIC_BYTES,
    inputAddress,
    inputBytes,
    inputKey: 1,
    outputAddress: inputAddress + Math.ceil(inputBytes / PAGE_BYTES + 1) * PAGE_BYTES,
    outputBytes: OUTPUT_PAGES * PAGE_BYTES,
    topicId: 1,
    partition: 0,
    fromOffset: 0,
    toOffset: lines,
    nowMs: START_MS,
    abortedAt: 0,
    abortedCount: 0,
  }
}

/** Calls `each` with the header of every batch of the task. */
function forBatches(
  kernel: Kernel,
  { inputAddress, inputBytes }: ParseTask,
  each: (header: BatchHeader) => void,
) {
  const header = new BatchHeader()
  const end = inputAddress + inputBytes
  for (let address = inputAddress; address < end; address = header.end) {
    if (readHeader(kernel.view, address, end, header) !== null) throw new Error('a batch cannot be read')
    each(header)
  }
}

function decodeOnly(kernel: Kernel, task: ParseTask): void {
  const { scratchAddress, outputAddress, outputBytes, topicId, partition, nowMs, toOffset } = task
  kernel.begin(scratchAddress, outputAddress, outputBytes, topicId, partition, nowMs, toOffset, 2 * toOffset)
  forBatches(kernel, task, ({ address, end, records, recordsAt }) => {
    if (kernel.parseRecords(address, recordsAt, end, 0, records) !== STEP_DONE)
      throw new Error('the kernel does not pass over a record')
  })
}

function checksumOnly(kernel: Kernel, task: ParseTask): void {
  forBatches(kernel, task, header => {
    if (!isChecksumRight(kernel.bytes, header)) throw new Error('a CRC-32C differs')
  })
}

/** Throws unless every line becomes a row. */
export function prepare(lines: readonly string[], changes: Partial<ParserSettings>): Prepared {
  const input = encodeLines(lines, LINES_PER_BATCH, START_MS)
  const settings = { ...defaultSettings, maxRecordBytes: 1 << 20, ...changes }
  const task = taskOf(STATIC_BYTES + scratchBytes(settings), input.length, lines.length)
  const pages = task.outputAddress / PAGE_BYTES + OUTPUT_PAGES + 1
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const kernel = instantiateKernel(loadKernelModule(), memory)
  const walk = new BatchWalk(kernel, [settings])
  kernel.bytes.set(input, task.inputAddress)
  const { malformed, rows, sanitized } = walk.run(task)
  if (rows !== lines.length || malformed + sanitized > 0)
    throw new Error('the kernel did not make a row of every line')
  return {
    walk: () => void walk.run(task),
    checksum: () => checksumOnly(kernel, task),
    decode: () => decodeOnly(kernel, task),
  }
}
