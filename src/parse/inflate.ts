/**
 * Inflates gzip Kafka batches, and keeps the last one: after 'output_full' the next task goes on in the same batch.
 * Neighbour: batch-walk.ts, which passes what is inflated through the slot's window to the kernel.
 */
import { MessageChannel } from 'node:worker_threads'
import { gunzipSync } from 'node:zlib'
import { messageOf } from '../errors.ts'
import type { BatchFault, BatchHeader } from './kafka-batch.ts'

const ISIZE_BYTES = 4
const LEAST_CHUNK_BYTES = 1024
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

  /** The records of a gzip batch, or what is wrong with them. `bytes` is all of the arena. */
  inflate(bytes: Buffer, header: BatchHeader, inputKey: number): Buffer | BatchFault {
    if (this.inflated && this.inputKey === inputKey && this.address === header.address) return this.inflated
    this.forget()
    try {
      const packed = bytes.subarray(header.recordsAt, header.end)
      const chunkSize = this.chunkFor(packed)
      this.inflated = gunzipSync(packed, { chunkSize, maxOutputLength: this.maxBatchBytes })
    } catch (error) {
      return faultOf(error, this.maxBatchBytes)
    }
    this.inputKey = inputKey
    this.address = header.address
    return this.inflated
  }

  /**
   * One chunk for all of it, so that zlib does not gather small ones and then copy them: that takes twice the memory.
   * The size stands in the last four bytes (RFC 1952, ISIZE); where it is wrong, more chunks follow.
   */
  private chunkFor(packed: Buffer): number {
    const told = packed.length < ISIZE_BYTES ? 0 : packed.readUInt32LE(packed.length - ISIZE_BYTES)
    // zlib asks for a further chunk when one is quite full.
    return Math.max(LEAST_CHUNK_BYTES, Math.min(told, this.maxBatchBytes) + 1)
  }

  /** Lets go of what was kept; what inflate() returned is empty then. */
  forget(): void {
    if (this.inflated !== null && this.inflated.length >= LEAST_RETURNED_BYTES) giveBack(this.inflated)
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

function faultOf(error: unknown, maxBatchBytes: number): BatchFault {
  if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
    return {
      stop: 'unsupported',
      reason: `the batch inflates to more than max_batch_bytes (${maxBatchBytes} bytes)`,
    }
  }
  return { stop: 'corrupt', reason: `gzip: ${messageOf(error)}` }
}
