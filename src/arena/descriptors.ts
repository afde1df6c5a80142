/**
 * What stages hand to each other: who owns a partition now (Claim), fetched bytes (Range), parsed bytes (ParsedBatch).
 * Descriptors only; the bytes lie in the arena, and every descriptor says who releases its region.
 */
import type { ParseResult } from '../parse/contract.ts'
import type { Region } from './region.ts'

/** A Kafka batch, told apart from another at the same offset by its CRC-32C. */
export interface Fingerprint {
  readonly baseOffset: number
  readonly crc: number
}

/**
 * One generation of one assignment of a partition. Batches carry it; when it ends (revoked, fenced, rewound, halted)
 * `isLive` turns false for ever, and whoever meets a batch of it releases the region and forgets it.
 */
export interface Claim {
  readonly topic: string
  readonly topicId: number
  readonly partition: number
  /** Written into `offsets` by the claim; nobody else's commit passes while it stands there. */
  readonly token: string
  /** The stored next_offset as far as we know: what the next commit expects. Moved by the sink alone. */
  committed: number
  /** A Kafka batch at or shortly before `committed` − 1, as stored beside it; null: none known, no check. */
  fingerprint: Fingerprint | null
  isLive: boolean
}

/** Kafka batches of one partition out of one Fetch frame; whole ones only. The parser releases the region. */
export interface Range {
  readonly claim: Claim
  readonly region: Region
  readonly address: number
  readonly bytes: number
  /** Where this range goes on; records of its first Kafka batch may lie below. */
  readonly firstOffset: number
  readonly nextOffset: number
  /** Wall clock when the fetch was answered, ms since 1970. */
  readonly nowMs: number
  /** Where in the region the broker's list of aborted transactions lies, and its length; see ParseTask. */
  readonly abortedAt: number
  readonly abortedCount: number
}

/** Rows of one partition, encoded. The writer releases the region after COMMIT. */
export interface ParsedBatch {
  readonly claim: Claim
  /** Null where nothing was written: a record that no worker survives. */
  readonly region: Region | null
  readonly result: ParseResult
  /** Why the single record of a batch without region is a dead letter; null otherwise. */
  readonly verdict: string | null
}
