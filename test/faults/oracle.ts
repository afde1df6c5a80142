/**
 * What the producers know to be in Kafka, from their own acknowledgements, kept outside of the system under test.
 * judge.ts compares the database with it.
 */
import type { BatchAck } from '../../src/produce/batcher.ts'

/** A record that the brokers acknowledged. */
export interface Acknowledged {
  readonly partition: number
  readonly offset: number
  /** Its own id, which stands somewhere in its value; null: it carries none. */
  readonly id: string | null
}

/** The id of the record that its source gave this number. */
export type IdOf = (index: number) => string | null

export class Oracle {
  /** Records acknowledged so far. */
  records = 0
  private readonly acks: { readonly ack: BatchAck; readonly idOf: IdOf }[] = []
  private readonly nextOffsets = new Map<number, number>()

  /** For produce's onAck. */
  add(ack: BatchAck, idOf: IdOf): void {
    this.acks.push({ ack, idOf })
    this.records += ack.count
    const next = Math.max(this.nextOffsets.get(ack.partition) ?? 0, ack.baseOffset + ack.count)
    this.nextOffsets.set(ack.partition, next)
  }

  /** One past the last acknowledged offset, by partition. */
  get ends(): ReadonlyMap<number, number> {
    return this.nextOffsets
  }

  *all(): Generator<Acknowledged> {
    for (const { ack, idOf } of this.acks) {
      const { partition, baseOffset, indexes } = ack
      for (const [n, index] of indexes.entries()) yield { partition, offset: baseOffset + n, id: idOf(index) }
    }
  }
}
