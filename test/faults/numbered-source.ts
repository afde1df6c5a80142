/**
 * Records of a test's own making for produce(): the record with number n is a pure function of n, so that the test
 * can say afterwards, byte by byte, what was produced.
 */
import type { RecordSource } from '../../src/produce/sources.ts'

export interface NumberedRecord {
  readonly key: Buffer | null
  readonly value: Buffer
}

/** The records with the numbers [from, to). Their numbers in acks count from 0. */
export function createNumberedSource(
  recordOf: (n: number) => NumberedRecord,
  from: number,
  to: number,
): RecordSource {
  let next = from
  return {
    async read(append, most) {
      for (let taken = 0; taken < most; taken++, next++) {
        if (next >= to) return false
        const { key, value } = recordOf(next)
        append(value, 0, value.length, key)
      }
      return true
    },
    stop() {
      next = to
    },
  }
}
