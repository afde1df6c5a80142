/**
 * What the mirror looks like in Redis (docs/redis.md shows it): one hash a group with a field for each partition, and
 * a key for each instance that expires with it. mirror.ts writes it, reader.ts reads it.
 */
import { lagOf, type PartitionSnapshot } from '../snapshot.ts'

export interface MirrorKeys {
  /** Hash: "topic/partition" → MirrorEntry as JSON. */
  readonly partitions: string
  readonly instance: (name: string) => string
  /** Hash: instance → its pressure as JSON (pressure.ts). */
  readonly pressure: string
}

export const keysOf = (prefix: string, groupId: string): MirrorKeys => ({
  partitions: `${prefix}:${groupId}:partitions`,
  instance: name => `${prefix}:${groupId}:instance:${name}`,
  pressure: `${prefix}:${groupId}:pressure`,
})

/** The value of a field. Positions are the offset of the next record; null while not known. */
export interface MirrorEntry {
  readonly fetched: number | null
  readonly parsed: number | null
  readonly committed: number | null
  readonly high_watermark: number | null
  readonly lag: number | null
  readonly in_flight_bytes: number
  readonly mode: string
  /** Who wrote it; dead when its key is gone. */
  readonly instance: string
}

export const fieldOf = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}/${partition}`

const known = (offset: number): number | null => (offset < 0 ? null : offset)

/** How an instance stands in an entry's text: enough to tell whose it is. */
export const markOf = (instance: string): string => `"instance":${JSON.stringify(instance)}`

export const encodeEntry = (snapshot: PartitionSnapshot, instance: string): string =>
  JSON.stringify({
    fetched: known(snapshot.fetched),
    parsed: known(snapshot.parsed),
    committed: known(snapshot.committed),
    high_watermark: known(snapshot.highWatermark),
    lag: lagOf(snapshot),
    in_flight_bytes: snapshot.inFlightBytes,
    mode: snapshot.mode,
    instance,
  } satisfies MirrorEntry)
