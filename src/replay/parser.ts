/**
 * Makes rows of dead letters with the kernel and the settings of now, one letter at a time, in this process: a memory of
 * its own with one slot, one input and one output. Neighbours: parse/batch-walk.ts (the same walk as a worker's),
 * record-batch.ts.
 */
import { instantiateKernel } from '../kernel/instance.ts'
import { loadKernelModule } from '../kernel/kernel.ts'
import {
  deadLetterReasons,
  JUMBO_FACTOR,
  PAGE_BYTES,
  readDeadLetters,
  readRollups,
  STATIC_BYTES,
  scratchBytes,
} from '../kernel/layout.ts'
import { ROW_FIELDS } from '../kernel/memory-map.ts'
import { BatchWalk, type StepCompiler } from '../parse/batch-walk.ts'
import type { ParserSettings } from '../parse/contract.ts'
import type { Letter, LetterRow, Parsed } from '../sink/replay.ts'
import { countedRow } from '../sink/row.ts'
import { LetterDamaged, recordBatch } from './record-batch.ts'

/** Key and headers may take so much beside a value of max_record_bytes. */
const EXTRA_BYTES = 2 * 2 ** 20
const MICROSECONDS_PER_MS = 1_000
const MICROSECONDS_PER_MINUTE = 60_000_000
const HOUR_MS = 3_600_000

const pages = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES)

export class LetterParser {
  private readonly settings: ParserSettings
  private readonly pipelineOf: (topic: string) => number
  private readonly memory: WebAssembly.Memory
  private readonly view: DataView
  private readonly walk: BatchWalk
  private readonly inputAt: number
  private readonly inputBytes: number
  private readonly outputAt: number
  private readonly outputBytes: number
  private tasks = 0

  /** @param pipelines at least one; pipelineOf gives a topic's number among them */
  constructor(
    pipelines: readonly ParserSettings[],
    pipelineOf: (topic: string) => number,
    compile?: StepCompiler,
  ) {
    const settings = pipelines[0]!
    this.settings = settings
    this.pipelineOf = pipelineOf
    this.inputAt = STATIC_BYTES + scratchBytes(settings)
    this.inputBytes = pages(settings.maxRecordBytes + EXTRA_BYTES) * PAGE_BYTES
    this.outputAt = this.inputAt + this.inputBytes
    this.outputBytes = pages(settings.maxRecordBytes * JUMBO_FACTOR) * PAGE_BYTES
    // One page behind: a load of 16 bytes may overrun an output's end.
    const size = pages(this.outputAt + this.outputBytes) + 1
    this.memory = new WebAssembly.Memory({ initial: size, maximum: size, shared: true })
    this.view = new DataView(this.memory.buffer)
    this.walk = new BatchWalk(instantiateKernel(loadKernelModule(), this.memory), pipelines, compile)
  }

  /** A row of the record as it came, or of the row that was refused; or why there is none. */
  parse(letter: Letter): Parsed {
    try {
      if (letter.kafkaMs !== null) return this.parseRecord(letter, letter.kafkaMs)
      if (letter.encoded !== null) return this.takeEncoded(letter.encoded)
      return { reason: 'nothing of the record was kept' }
    } catch (error) {
      if (error instanceof LetterDamaged) return { reason: error.message }
      throw error
    }
  }

  private parseRecord(letter: Letter, kafkaMs: number): Parsed {
    const batch = recordBatch(letter, kafkaMs)
    if (batch.length > this.inputBytes)
      return { reason: `record of ${batch.length} bytes is too large for the setting max_record_bytes` }
    new Uint8Array(this.memory.buffer).set(batch, this.inputAt)
    const { offset, partition, topicId } = letter
    const result = this.walk.run({
      pipeline: this.pipelineOf(letter.topic),
      scratchAddress: STATIC_BYTES,
      inputAddress: this.inputAt,
      inputBytes: batch.length,
      inputKey: ++this.tasks,
      outputAddress: this.outputAt,
      outputBytes: this.outputBytes,
      topicId,
      partition,
      fromOffset: offset,
      toOffset: offset + 1,
      nowMs: Date.now(),
      abortedAt: 0,
      abortedCount: 0,
    })
    if (result.rows === 1) {
      const copy = Buffer.from(new Uint8Array(this.memory.buffer, this.outputAt, result.copyBytes))
      const rollups = readRollups(this.view, this.outputAt, result)
      return { row: { copy, ts: result.minTs, rollups, segments: result.segments } }
    }
    if (result.dropped > 0) return { reason: 'a step of its pipeline leaves it out' }
    const [failure] = result.stepFailures
    if (failure !== undefined) return { reason: failure.reason }
    const [dead] = readDeadLetters(this.view, this.outputAt, result)
    if (dead !== undefined) return { reason: deadLetterReasons[dead.code] ?? `code ${dead.code}` }
    return { reason: `the parser stopped: ${result.stop ?? 'no row'} ${result.stopReason}`.trim() }
  }

  /** The size of its value is not known any more: the row's own counts for it. */
  private takeEncoded(encoded: Buffer): Parsed {
    const wanted = ROW_FIELDS + this.settings.columns.length
    // COPY binary begins a row with the number of its fields.
    if (encoded.length < COUNT_BYTES) throw damagedRow()
    const fields = encoded.readInt16BE(0)
    if (fields !== wanted && fields !== ROW_FIELDS)
      return { reason: `its row has ${fields} columns, logs takes ${wanted}, and the record was not kept` }
    checkWhole(encoded, fields)
    // A row from before the columns of the settings: they are null, whose length is -1.
    const copy = Buffer.concat([encoded, Buffer.alloc(4 * (wanted - fields), 0xff)])
    copy.writeInt16BE(wanted, 0)
    // Reading takes addresses within one memory.
    const bytes = new Uint8Array(copy)
    const view = new DataView(bytes.buffer)
    const { ts, severity, service } = countedRow(view, 0)
    const minute = Math.floor(ts / MICROSECONDS_PER_MINUTE)
    const width = this.settings.segment === 'hour' ? HOUR_MS : 24 * HOUR_MS
    const row: LetterRow = {
      copy,
      ts,
      rollups: [{ minute, severity, service, records: 1, bytes: copy.length }],
      segments: [Math.floor(ts / MICROSECONDS_PER_MS / width) * width],
    }
    return { row }
  }
}

const COUNT_BYTES = 2
const LENGTH_BYTES = 4

const damagedRow = (): LetterDamaged => new LetterDamaged('the row that was kept of it cannot be read')

/** Each field is its length as i32 (−1: null) and its bytes. @throws LetterDamaged where they do not fill the row */
function checkWhole(row: Buffer, fields: number): void {
  let at = COUNT_BYTES
  for (let field = 0; field < fields; field++) {
    if (row.length - at < LENGTH_BYTES) throw damagedRow()
    at += LENGTH_BYTES + Math.max(0, row.readInt32BE(at))
  }
  if (at !== row.length) throw damagedRow()
}
