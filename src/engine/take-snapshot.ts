/** The engine's state as plain data, for /metrics, /readyz and /debug. Neighbours: parts.ts, src/snapshot.ts. */
import type { Arena } from '../arena/arena.ts'
import type { Claim } from '../arena/descriptors.ts'
import type { Writer } from '../sink/writer.ts'
import type { ArenaAccount, PartitionSnapshot, Readiness, Snapshot } from '../snapshot.ts'
import type { Partition } from '../source/partition.ts'
import type { Parts } from './parts.ts'

/** `storeTrouble`: why the store cannot be used, in words; null: it can. */
export function takeSnapshot(parts: Parts, roles: readonly string[], storeTrouble: string | null): Snapshot {
  const { arena, mirror, pool, pressure, sink, source, turns } = parts
  const writers = sink.all
  return {
    roles,
    arena: accountsOf(arena),
    partitions: [...source.partitions.values()].map(partition => partitionSnapshot(partition, writers)),
    writers: writers.map(({ id, modes, inFlightBytes, trouble }) => ({
      id,
      mode: modes.now,
      inFlightBytes,
      trouble,
    })),
    writersAllowed: turns.allowed,
    parse: {
      threads: pool.threads,
      running: pool.running,
      restarts: pool.restarts,
      busyMs: pool.busyMs,
    },
    mirror: mirror?.snapshot() ?? null,
    pressure: pressure.snapshot(),
    ready: readiness(parts, storeTrouble),
  }
}

export const accountsOf = ({ input, jumbo, output }: Arena): ArenaAccount[] =>
  [input, output, jumbo].map(({ name, usedBytes, bytes }) => ({ account: name, usedBytes, sizeBytes: bytes }))

const partitionSnapshot = (partition: Partition, writers: readonly Writer[]): PartitionSnapshot => ({
  ...partition.name,
  mode: partition.modes.now,
  fetched: partition.claim === null ? -1 : partition.position,
  parsed: partition.claim === null ? -1 : partition.parsed,
  committed: partition.claim?.committed ?? -1,
  highWatermark: partition.highWatermark,
  lastStable: partition.lastStable,
  rangesWaiting: partition.rangesWaiting,
  inFlightBytes: partition.waitingBytes + committingBytes(partition.claim, writers),
  haltedReason:
    partition.haltedBy === null ? null : `${partition.haltedBy.message}. ${partition.haltedBy.remedy}`,
})

const committingBytes = (claim: Claim | null, writers: readonly Writer[]): number =>
  claim === null ? 0 : writers.reduce((sum, writer) => sum + writer.bytesOf(claim), 0)

function readiness({ membership, sink, source }: Parts, storeTrouble: string | null): Readiness {
  const reasons: string[] = []
  if (storeTrouble !== null) reasons.push(`store: ${storeTrouble}`)
  if (membership.trouble !== null) reasons.push(`group: ${membership.trouble}`)
  for (const topic of membership.missing) reasons.push(`group: waiting for topic ${topic} to be created`)
  for (const { id, trouble } of sink.all) if (trouble !== null) reasons.push(`writer ${id}: ${trouble}`)
  for (const { topic, partition, modes, haltedBy, leader } of source.partitions.values()) {
    if (haltedBy !== null)
      reasons.push(`${topic}/${partition} is halted: ${haltedBy.message}. ${haltedBy.remedy}`)
    if (modes.is('claiming')) reasons.push(`${topic}/${partition} is not claimed yet`)
    if (modes.is('consuming') && leader === null) reasons.push(`${topic}/${partition} has no leader`)
  }
  return { ok: reasons.length === 0, reasons }
}
