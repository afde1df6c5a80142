/**
 * Runs parse tasks on a memory of its own, with canaries around everything that a task may write to.
 * Used by the tests of the kernel and of the worker's side of parse.
 */
import { instantiateKernel } from '../../src/kernel/instance.ts'
import { loadKernelModule } from '../../src/kernel/kernel.ts'
import {
  type DeadLetter,
  PAGE_BYTES,
  type Rollup,
  readDeadLetters,
  readRollups,
  readRow,
  STATIC_BYTES,
  scratchBytes,
} from '../../src/kernel/layout.ts'
import { BatchWalk, type StepCompiler } from '../../src/parse/batch-walk.ts'
import type { ParseResult, ParserSettings, ParseTask } from '../../src/parse/contract.ts'
import type { StepContext } from '../../src/parse/steps/index.ts'
import { decodeRow, type Row } from '../reference/copy-row.ts'

export const NOW = 1_700_000_000_000

/** Of steps that need nothing. */
export const noContext: StepContext = { maxMatchChars: 32_768, redactKey: '', databases: new Map() }

export const defaultSettings: ParserSettings = {
  name: 'default',
  steps: [],
  aliases: {
    ts: ['ts', 'time', 'timestamp', '@timestamp'],
    severity: ['severity_number', 'level', 'severity', 'severity_text', 'lvl'],
    service: ['service', 'service.name', 'app', 'application'],
    host: ['host', 'hostname', 'host.name'],
    trace_id: ['trace_id', 'traceId', 'trace.id'],
    span_id: ['span_id', 'spanId', 'span.id'],
    message: ['msg', 'message', 'body', 'log', 'event'],
  },
  format: 'json',
  columns: [],
  malformed: 'store',
  keys: false,
  headers: false,
  segment: 'day',
  maxRecordBytes: 65536,
  maxBatchBytes: 1 << 20,
}

/** A row, and what the row table says of it. */
export interface TableRow extends Row {
  readonly tableOffset: number
  readonly valueBytes: number
}

export interface Parsed {
  readonly result: ParseResult
  readonly rows: readonly TableRow[]
  /** The COPY bytes, copied. */
  readonly copy: Buffer
  readonly rollups: readonly Rollup[]
  readonly deadLetters: readonly DeadLetter[]
}

const CANARY = 0xa5
const CANARY_BYTES = 256
const INPUT_BYTES = 48 * PAGE_BYTES
const OUTPUT_BYTES = 96 * PAGE_BYTES

/** Producer id and first offset, as the broker lists aborted transactions. */
export type AbortedEntry = readonly [bigint, number]

export interface Bench {
  parse(input: Uint8Array, options?: Partial<ParseTask>, aborted?: readonly AbortedEntry[]): Parsed
  /** Parses to the end, going on after 'output_full' (and with all room after 'row_too_large'). */
  parseAll(input: Uint8Array, regionBytes: (turn: number) => number, options?: Partial<ParseTask>): Parsed[]
  /** The same memory and slot, served by a worker with other settings (but the same max_record_bytes). */
  withSettings(changes: Partial<ParserSettings>): Bench
}

const module = loadKernelModule()
let inputKey = 0

/** A kernel with a slot, an input and an output region of its own, or of the memory given. */
export function createBench(
  changes: Partial<ParserSettings> = {},
  shared?: WebAssembly.Memory,
  compile?: StepCompiler,
): Bench {
  const settings = { ...defaultSettings, ...changes }
  const slot = STATIC_BYTES
  const inputAddress = slot + scratchBytes(settings) + PAGE_BYTES
  const outputAddress = inputAddress + INPUT_BYTES + PAGE_BYTES
  const pages = (outputAddress + OUTPUT_BYTES + PAGE_BYTES) / PAGE_BYTES
  const memory = shared ?? new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const kernel = instantiateKernel(module, memory)
  const types = settings.columns.map(({ type }) => type)
  const walk = new BatchWalk(kernel, [settings], compile)
  const { bytes, view } = kernel

  const run = (inputBytes: number, options: Partial<ParseTask>): Parsed => {
    const task: ParseTask = {
      pipeline: 0,
      scratchAddress: slot,
      inputAddress,
      inputBytes,
      inputKey,
      outputAddress,
      outputBytes: OUTPUT_BYTES,
      topicId: 7,
      partition: 3,
      fromOffset: 0,
      toOffset: Number.MAX_SAFE_INTEGER,
      nowMs: NOW,
      abortedAt: 0,
      abortedCount: 0,
      ...options,
    }
    const fences = [
      slot + scratchBytes(settings),
      outputAddress - CANARY_BYTES,
      outputAddress + task.outputBytes,
    ]
    for (const at of fences) bytes.fill(CANARY, at, at + CANARY_BYTES)
    const before = bytes.toString(
      'latin1',
      inputAddress - CANARY_BYTES,
      inputAddress + inputBytes + CANARY_BYTES,
    )
    const result = walk.run(task)
    for (const at of fences) {
      if (bytes.subarray(at, at + CANARY_BYTES).some(byte => byte !== CANARY)) {
        throw new Error(`the kernel wrote outside: near ${at - outputAddress} from the output`)
      }
    }
    const after = bytes.toString(
      'latin1',
      inputAddress - CANARY_BYTES,
      inputAddress + inputBytes + CANARY_BYTES,
    )
    if (before !== after) throw new Error('the kernel wrote into its input')
    checkResult(task, result)
    return snapshot(task, result)
  }

  const snapshot = (task: ParseTask, result: ParseResult): Parsed => {
    const at = task.outputAddress
    const copy = Buffer.from(bytes.subarray(at, at + result.copyBytes))
    const rows = Array.from({ length: result.rows }, (_, index) => {
      const entry = readRow(view, at, result, index)
      return {
        ...decodeRow(copy.subarray(entry.start, entry.end), types),
        tableOffset: entry.offset,
        valueBytes: entry.valueBytes,
      }
    })
    const deadLetters = readDeadLetters(view, at, result).map(letter => ({
      ...letter,
      key: letter.key && Buffer.from(letter.key),
      value: letter.value && Buffer.from(letter.value),
      headers: letter.headers?.map(([name, value]) => [name, value && Buffer.from(value)] as const) ?? null,
    }))
    return { result, rows, copy, rollups: readRollups(view, at, result), deadLetters }
  }

  const load = (input: Uint8Array): void => {
    if (input.length > INPUT_BYTES) throw new RangeError(`an input of ${input.length} bytes`)
    bytes.set(input, inputAddress)
    bytes.fill(CANARY, inputAddress + input.length, inputAddress + input.length + CANARY_BYTES)
    inputKey += 1
  }

  return {
    withSettings: others => createBench({ ...settings, ...others }, memory, compile),
    parse: (input, options = {}, aborted = []) => {
      const list = Buffer.alloc(aborted.length * 16)
      aborted.forEach(([producerId, firstOffset], index) => {
        list.writeBigInt64BE(producerId, index * 16)
        list.writeBigInt64BE(BigInt(firstOffset), index * 16 + 8)
      })
      load(Buffer.concat([input, list]))
      const abortedAt = inputAddress + input.length
      return run(input.length, { abortedAt, abortedCount: aborted.length, ...options })
    },
    parseAll: (input, regionBytes, options = {}) => {
      load(input)
      const parts: Parsed[] = []
      let fromOffset = options.fromOffset ?? 0
      let isJumbo = false
      for (;;) {
        const outputBytes = isJumbo ? settings.maxRecordBytes * 6 : regionBytes(parts.length)
        const part = run(input.length, { ...options, fromOffset, outputBytes })
        parts.push(part)
        const { stop, nextOffset } = part.result
        if (stop !== 'output_full' && stop !== 'row_too_large') return parts
        if (isJumbo && nextOffset === fromOffset) throw new Error(`stuck at ${fromOffset}`)
        if (stop === 'output_full' && nextOffset === fromOffset)
          throw new Error('output_full without progress')
        isJumbo = stop === 'row_too_large'
        fromOffset = nextOffset
      }
    },
  }
}

/** What must hold for every result. */
function checkResult(task: ParseTask, result: ParseResult): void {
  const dealtWith = result.nextOffset - result.firstOffset
  const holds =
    result.firstOffset === task.fromOffset &&
    dealtWith === result.rows + result.deadLetters + result.dropped + result.skipped &&
    result.nextOffset <= task.toOffset &&
    result.usedBytes <= task.outputBytes &&
    result.rowTableAt % 8 === 0 &&
    result.rollupsAt % 8 === 0 &&
    result.deadLettersAt % 8 === 0
  if (!holds) throw new Error(`the result does not add up: ${JSON.stringify(result)}`)
}
