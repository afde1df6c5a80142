/**
 * The writers as one: which of them has which partition, and what becomes of its partitions when one is replaced.
 * Neighbours: sink/writer.ts (one of them), parts.ts (who gives and takes).
 */
import type { Claim, ParsedBatch } from '../arena/descriptors.ts'
import type { Writer } from '../sink/writer.ts'
import type { ChildSpec } from '../supervisor/supervisor.ts'

export interface WritersDeps {
  readonly count: number
  readonly create: (id: number) => Writer
  /** The claim ends and a new one is made. */
  readonly reclaim: (claim: Claim) => void
}

export class Writers {
  private readonly deps: WritersDeps
  private readonly present: Writer[]
  /** A partition stays with one writer. */
  private readonly writerOf = new Map<string, Writer>()

  constructor(deps: WritersDeps) {
    this.deps = deps
    this.present = Array.from({ length: deps.count }, (_, id) => deps.create(id))
  }

  get all(): readonly Writer[] {
    return this.present
  }

  get isIdle(): boolean {
    return this.present.every(writer => writer.isIdle)
  }

  /** Has any of them something of this claim that is not committed? */
  holds(claim: Claim): boolean {
    return this.present.some(writer => writer.holds(claim))
  }

  /** Hands a batch to its partition's writer; a partition without one gets that with the fewest. */
  deliver(key: string, batch: ParsedBatch): void {
    let writer = this.writerOf.get(key)
    if (writer === undefined) {
      writer = this.leastLoaded()
      this.writerOf.set(key, writer)
    }
    writer.offer(batch)
  }

  private leastLoaded(): Writer {
    const loads = new Map(this.present.map(writer => [writer, 0]))
    for (const writer of this.writerOf.values()) loads.set(writer, loads.get(writer)! + 1)
    return this.present.reduce((least, writer) => (loads.get(writer)! < loads.get(least)! ? writer : least))
  }

  /** Partitions have gone. */
  keepOnly(isPresent: (key: string) => boolean): void {
    for (const key of this.writerOf.keys()) if (!isPresent(key)) this.writerOf.delete(key)
  }

  /** Claims ended: gives back what belongs to them. */
  sweep(): void {
    for (const writer of this.present) writer.sweep()
  }

  specs(): ChildSpec[] {
    return this.present.map(({ id }) => ({
      name: nameOf(id),
      restart: 'permanent',
      part: { start: () => this.start(id), stop: () => this.present[id]!.stop() },
    }))
  }

  /** In place of a stopped one a new one is started: a new session, and new claims for what the old one held. */
  private start(id: number): void {
    const old = this.present[id]!
    if (old.modes.is('stopped')) {
      this.present[id] = this.deps.create(id)
      for (const [key, writer] of this.writerOf) if (writer === old) this.writerOf.delete(key)
      for (const claim of old.claims) this.deps.reclaim(claim)
      old.sweep()
    }
    this.present[id]!.start()
  }
}

/** A writer as the supervisor knows it. */
export const nameOf = (id: number): string => `writer ${id}`
