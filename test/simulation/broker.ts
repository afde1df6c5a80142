/**
 * A broker and workers for simulations: Fetch v11 frames with Kafka batches of chosen sizes, answered by the same rules
 * as a real one (whole first batch whatever its size, later ones cut), and results of chosen expansion.
 */
import type { FetchPlan } from '../../src/source/kafka/fetch-request.ts'
import type { FrameTarget } from '../../src/source/kafka/frames.ts'
import { FrameRefused } from '../../src/source/kafka/frames.ts'

const HEADER = 61

/** A Kafka batch by its extent alone: `bytes` in all, `records` offsets. */
export interface SimulatedBatch {
  readonly bytes: number
  readonly records: number
}

/** The log of one partition. */
export class SimulatedLog {
  private readonly batches: { base: number; next: number; bytes: number }[] = []
  readonly end: number

  constructor(batches: readonly SimulatedBatch[]) {
    let offset = 0
    for (const { bytes, records } of batches) {
      this.batches.push({ base: offset, next: offset + records, bytes: Math.max(bytes, HEADER) })
      offset += records
    }
    this.end = offset
  }

  /** The record set from `offset`, cut at maxBytes; the first batch comes whole where `isFirst`. */
  read(offset: number, maxBytes: number, isFirst: boolean): Buffer {
    const from = this.batches.findIndex(batch => batch.next > offset)
    if (from < 0) return Buffer.alloc(0)
    const chosen: Buffer[] = []
    let left = maxBytes
    for (const batch of this.batches.slice(from)) {
      if (left <= 0) break
      const bytes = encodeHeader(batch)
      const take = isFirst && chosen.length === 0 ? bytes.length : Math.min(bytes.length, left)
      chosen.push(bytes.subarray(0, take))
      left -= take
    }
    return Buffer.concat(chosen)
  }
}

function encodeHeader({ base, next, bytes }: { base: number; next: number; bytes: number }): Buffer {
  const batch = Buffer.alloc(bytes)
  batch.writeBigInt64BE(BigInt(base), 0)
  batch.writeInt32BE(bytes - 12, 8)
  batch.writeInt8(2, 16)
  batch.writeInt32BE(next - base - 1, 23)
  batch.writeInt32BE(next - base, 57)
  return batch
}

/** Answers a Fetch of one topic, as adapter.fetch would: into the target, or FrameRefused. */
export async function answerFetch(
  logs: readonly SimulatedLog[],
  plan: FetchPlan,
  target: FrameTarget,
): Promise<void> {
  let left = plan.maxBytes
  const parts = plan.partitions.map(({ partition, offset, maxBytes }, index) => {
    const log = logs[partition]!
    const records = log.read(
      offset,
      Math.min(maxBytes, Math.max(0, left)),
      index === 0 || left === plan.maxBytes,
    )
    left -= records.length
    return partitionAnswer(partition, log.end, records)
  })
  const head = Buffer.alloc(14)
  head.writeInt32BE(1, 10)
  const topic = Buffer.from('\0\x04logs', 'latin1')
  const count = Buffer.alloc(4)
  count.writeInt32BE(parts.length, 0)
  const body = Buffer.concat([head, topic, count, ...parts])
  const place = target.place(body.length)
  if (place === null) throw new FrameRefused(body.length)
  place.set(body)
}

function partitionAnswer(partition: number, end: number, records: Buffer): Buffer {
  const head = Buffer.alloc(4 + 2 + 8 + 8 + 8 + 4 + 4 + 4)
  head.writeInt32BE(partition, 0)
  head.writeBigInt64BE(BigInt(end), 6)
  head.writeBigInt64BE(BigInt(end), 14)
  head.writeInt32BE(-1, 34)
  head.writeInt32BE(records.length, 38)
  return Buffer.concat([head, records])
}
