/**
 * Inflates compressed Kafka batches, and keeps the last one: after 'output_full' the next task goes on in the same
 * batch. Neighbours: codecs/, and batch-walk.ts, which passes what is inflated through the slot's window to the kernel.
 */
import { MessageChannel } from 'node:worker_threads'
import { type Codec, TooLargeError } from '../codecs/codec.ts'
import { decompress, NotLoadedError } from '../codecs/decompress.ts'
import { messageOf } from '../errors.ts'
import type { BatchFault, BatchHeader } from './kafka-batch.ts'

/** Smaller ones are left to the collector; the smallest share their memory with other buffers, which must not go. */
const LEAST_RETURNED_BYTES = 256 * 1024

export class Inflater {
  private readonly maxBatchBytes: number
  private inputKey = -1
  private address = -1
  private inflated: Buffer | null = null

  /** A batch that inflates to more is refused. */
  constructor(maxBatchBytes: number) {
    this.maxBatchBytes = maxBatchBytes
  }

  /** The records of a compressed batch, or what is wrong with them. `bytes` is all of the arena. @throws NotLoadedError */
  inflate(bytes: Buffer, header: BatchHeader, inputKey: number): Buffer | BatchFault {
    if (this.inflated && this.inputKey === inputKey && this.address === header.address) return this.inflated
    this.forget()
    const { codec } = header
    if (codec === 'none') return { stop: 'corrupt', reason: 'it is not compressed' }
    try {
      this.inflated = decompress(codec, bytes.subarray(header.recordsAt, header.end), this.maxBatchBytes)
    } catch (error) {
      if (error instanceof NotLoadedError) throw error
      return faultOf(error, codec, this.maxBatchBytes)
    }
    this.inputKey = inputKey
    this.address = header.address
    return this.inflated
  }

  /** Lets go of what was kept; what inflate() returned is empty then. */
  forget(): void {
    if (this.inflated !== null && this.inflated.buffer.byteLength >= LEAST_RETURNED_BYTES)
      giveBack(this.inflated)
    this.inflated = null
  }
}

/** A port that nobody listens to: what is transferred to it is freed. */
const nowhere = new MessageChannel().port1
nowhere.close()

/** Frees the memory at once; the collector would let several batches come together first. */
function giveBack(inflated: Buffer): void {
  nowhere.postMessage(null, [inflated.buffer as ArrayBuffer])
}

function faultOf(error: unknown, codec: Codec, maxBatchBytes: number): BatchFault {
  if (!(error instanceof TooLargeError)) return { stop: 'corrupt', reason: `${codec}: ${messageOf(error)}` }
  const reason = `the batch inflates to more than limits.max_batch_bytes (${maxBatchBytes} bytes)`
  return { stop: 'unsupported', reason }
}
