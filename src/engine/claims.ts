/**
 * What becomes of a claim: moved on, halted, fenced, rewound, made again. Whatever ends one ends it in every stage,
 * so that each gives back what belonged to it. Neighbours: parts.ts (who calls), source/partition.ts (the states).
 */
import type { Claim } from '../arena/descriptors.ts'
import type { Config } from '../config/index.ts'
import { named, PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import type { Parser } from '../parse/parser.ts'
import type { Partition, StoredPosition } from '../source/partition.ts'
import type { Source } from '../source/source.ts'
import type { Gaps } from './gaps.ts'
import type { Positions } from './positions.ts'
import type { Writers } from './writers.ts'

export interface ClaimsDeps {
  readonly source: Source
  readonly parser: Parser
  readonly positions: Positions
  readonly sink: Writers
  readonly gaps: Gaps
  /** What becomes of a partition whose records were deleted before they were stored. */
  readonly onGap: Config['kafka']['onGap']
  /** What the storekeeper does now and then failed here, by an error that nobody foresaw. */
  readonly onChoreFailed: (error: PipelineError) => void
}

export class Claims {
  private readonly deps: ClaimsDeps
  private readonly emit: Emit

  constructor(deps: ClaimsDeps, emit: Emit) {
    this.deps = deps
    this.emit = emit
  }

  /** Partitions may have gone: their writers are free, their batches come back, and kept ones are compared. */
  assigned(): void {
    const { onChoreFailed, positions, sink, source } = this.deps
    sink.keepOnly(key => source.partitions.has(key))
    this.giveBack()
    const task = 'compare positions'
    const done = () => this.emit('store:task:completed', { task })
    positions.compareQuiet().then(done, error => {
      if (error instanceof PipelineError) this.emit('store:task:failed', { task, error })
      else onChoreFailed(named(error))
    })
  }

  /** Its position in Postgres moved. */
  committed(claim: Claim): void {
    const partition = this.deps.source.holderOf(claim)
    if (partition === null) return
    if (partition.isDueToHalt) this.halt(claim, partition.haltedBy!)
    this.passGapWhenDue(partition)
    const { position: fetched, highWatermark } = partition
    this.emit('source:position:moved', {
      ...partition.name,
      fetched,
      committed: claim.committed,
      highWatermark,
    })
  }

  /** Records in front of it were deleted: they are passed where the setting says so, or it halts. */
  behind(partition: Partition, logStart: number, error: PipelineError): void {
    if (this.deps.onGap === 'record') {
      partition.logStartAhead = logStart
      this.passGapWhenDue(partition)
    } else if (partition.claim !== null) this.halt(partition.claim, error)
  }

  /** What was fetched before the gap is to be committed first. */
  passGapWhenDue({ claim, isDueToPassGap, logStartAhead }: Partition): void {
    if (!isDueToPassGap) return
    this.deps.gaps.pass(claim!, logStartAhead!).catch(error => this.halt(claim!, named(error)))
  }

  /** Another token stands in `offsets`. */
  fenced(claim: Claim): void {
    this.deps.source.fenced(claim)
    this.giveBack()
  }

  /** The database went back to `stored`. */
  rewound(claim: Claim, stored: StoredPosition): void {
    this.deps.source.rewind(claim, stored)
    this.giveBack()
  }

  /** Still ours, but what is under way for it counts no more: a new one is made at once. */
  reclaim(claim: Claim): void {
    this.deps.source.reclaim(claim)
    this.giveBack()
  }

  halt(claim: Claim, error: PipelineError): void {
    const { source } = this.deps
    const partition = source.holderOf(claim)
    if (partition === null) return
    source.halt(partition, error)
    this.giveBack()
  }

  /** What the parser cannot read stops a partition, but not what stands before it. */
  haltBehindParsed(claim: Claim, error: PipelineError): void {
    const partition = this.deps.source.holderOf(claim)
    if (partition === null) return
    partition.haltBehindParsed(error)
    if (partition.isDueToHalt) this.halt(claim, error)
  }

  /** Claims ended: what belonged to them comes back. */
  giveBack(): void {
    const { parser, sink, source } = this.deps
    parser.wake()
    sink.sweep()
    source.wakeFetchers()
  }
}
