/** Snapshots of partitions made up for tests: whatever a test does not name has a plain value. */
import type { PartitionSnapshot } from '../../src/snapshot.ts'

/** A consuming partition of topic "t" that is 40 records behind. */
export const partitionFacts = (
  partition: number,
  changes: Partial<PartitionSnapshot> = {},
): PartitionSnapshot => ({
  topic: 't',
  partition,
  mode: 'consuming',
  fetched: 30,
  parsed: 20,
  committed: 10,
  highWatermark: 50,
  lastStable: changes.highWatermark ?? 50,
  rangesWaiting: 0,
  inFlightBytes: 0,
  haltedReason: null,
  ...changes,
})
