/** The engine's state as plain data, for /metrics, /readyz and /debug. Neighbours: engine.ts, snapshot.ts. */
import type { Claim } from './arena/descriptors.ts'
import type { Engine } from './engine.ts'
import type { Writer } from './sink/writer.ts'
import type { PartitionSnapshot, Readiness, Snapshot } from './snapshot.ts'
import type { Partition } from './source/partition.ts'

export function takeSnapshot(engine: Engine): Snapshot {
  const { arena, mirror, parser, pool, source, writers } = engine
  return {
    arena: [arena.input, arena.output, arena.jumbo].map(({ name, usedBytes, bytes }) => ({
      account: name,
      usedBytes,
      sizeBytes: bytes,
    })),
    partitions: [...source.partitions.values()].map(partition => partitionSnapshot(partition, writers)),
    writers: writers.map(({ id, modes, inFlightBytes, trouble }) => ({
      id,
      mode: modes.now,
      inFlightBytes,
      trouble,
    })),
    parse: {
      threads: pool?.threads ?? 0,
      running: parser === null ? 0 : (pool?.running ?? 0),
      restarts: pool?.restarts ?? 0,
    },
    mirror: mirror?.snapshot() ?? null,
    ready: readiness(engine),
  }
}

const partitionSnapshot = (partition: Partition, writers: readonly Writer[]): PartitionSnapshot => ({
  ...partition.name,
  mode: partition.modes.now,
  fetched: partition.claim === null ? -1 : partition.position,
  parsed: partition.claim === null ? -1 : partition.parsed,
  committed: partition.claim?.committed ?? -1,
  highWatermark: partition.highWatermark,
  rangesWaiting: partition.rangesWaiting,
  inFlightBytes: partition.waitingBytes + committingBytes(partition.claim, writers),
  haltedReason:
    partition.haltedBy === null ? null : `${partition.haltedBy.message}. ${partition.haltedBy.remedy}`,
})

const committingBytes = (claim: Claim | null, writers: readonly Writer[]): number =>
  claim === null ? 0 : writers.reduce((sum, writer) => sum + writer.bytesOf(claim), 0)

function readiness({ membership, source, storeTrouble, writers }: Engine): Readiness {
  const reasons: string[] = []
  if (storeTrouble !== null) reasons.push(`store: ${storeTrouble}`)
  if (membership.trouble !== null) reasons.push(`group: ${membership.trouble}`)
  for (const { id, trouble } of writers) if (trouble !== null) reasons.push(`writer ${id}: ${trouble}`)
  for (const { topic, partition, modes, haltedBy, leader } of source.partitions.values()) {
    if (haltedBy !== null)
      reasons.push(`${topic}/${partition} is halted: ${haltedBy.message}. ${haltedBy.remedy}`)
    if (modes.is('claiming')) reasons.push(`${topic}/${partition} is not claimed yet`)
    if (modes.is('consuming') && leader === null) reasons.push(`${topic}/${partition} has no leader`)
  }
  return { ok: reasons.length === 0, reasons }
}
