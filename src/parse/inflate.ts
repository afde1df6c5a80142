/**
 * Inflates gzip Kafka batches, and keeps the last one: after 'output_full' the next task goes on in the same batch.
 * Neighbour: batch-walk.ts, which passes what is inflated through the slot's window to the kernel.
 */
import { gunzipSync } from 'node:zlib'
import { messageOf } from '../errors.ts'
import type { BatchFault, BatchHeader } from './kafka-batch.ts'

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
      this.inflated = gunzipSync(packed, { maxOutputLength: this.maxBatchBytes })
    } catch (error) {
      return faultOf(error, this.maxBatchBytes)
    }
    this.inputKey = inputKey
    this.address = header.address
    return this.inflated
  }

  /** Lets go of what was kept. */
  forget(): void {
    this.inflated = null
  }
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
