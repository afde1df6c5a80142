/**
 * One assigned partition: where to fetch next, and the fetched ranges that wait for the parser, in offset order.
 *
 *   claiming ──► consuming ──► draining ──► released
 *      ▲  │          │  │                      ▲
 *      └──┼──────────┘  └──► halted ───────────┤     claiming again: fenced, rewound, or the log changed under us
 *         └──────────────────────────────────────►     halted → claiming: the topic was deleted and made anew
 *
 * Draining, it fetches no more, and what was parsed is committed: at a shutdown, and in front of a batch that halts it.
 */
import { randomUUID } from 'node:crypto'
import type { Claim, Fingerprint, Range } from '../arena/descriptors.ts'
import type { PipelineError } from '../errors.ts'
import { Modes, type Transitions } from '../supervisor/modes.ts'
import { Continuity } from './continuity.ts'

export type PartitionMode = 'claiming' | 'consuming' | 'draining' | 'released' | 'halted'

const transitions: Transitions<PartitionMode> = {
  claiming: ['consuming', 'halted', 'released'],
  consuming: ['claiming', 'draining', 'halted', 'released'],
  draining: ['claiming', 'consuming', 'released', 'halted'],
  halted: ['claiming', 'released'],
  released: [],
}

/** What a claim found in `offsets`. */
export interface StoredPosition {
  readonly topicId: number
  readonly nextOffset: number
  readonly fingerprint: Fingerprint | null
}

export interface ClaimedPosition extends StoredPosition {
  /** Of the topic that was claimed; null: the brokers give no ids. */
  readonly kafkaTopicId: string | null
}

/** More ranges than this wait for no partition: one is being parsed, the others hide a fetch's round trip. */
const MAX_RANGES = 3
/** Between two answers to Fetches; longer pauses come from a full arena. Nobody makes and fills a topic in less. */
const OUT_OF_SIGHT_MS = 1_000
/** A batch that fails its checksum is fetched again this often before the partition halts. */
const MAX_CORRUPT_FETCHES = 3

export class Partition {
  readonly topic: string
  readonly partition: number
  /** Written into `offsets` by the next claim. A new one each time: whatever an older one still tries is refused. */
  token: string = randomUUID()
  readonly modes: Modes<PartitionMode>
  claim: Claim | null = null
  /** The next fetch asks from here. */
  position = 0
  /** One past the last offset handed on by the parser. */
  parsed = 0
  highWatermark = -1
  /** Under read_committed nothing from here on is handed out yet: a transaction is open. −1: not known, or all is. */
  lastStable = -1
  leader: number | null = null
  /** Checked against the broker before the next fetch; null: nothing to check. */
  unchecked: Fingerprint | null = null
  /** Of the topic that the last claim was about; null: none, or the brokers give no ids. */
  kafkaTopicId: string | null = null
  /** A broker's answer may have been about a topic made anew: its id is asked for before the next fetch. */
  isTopicInDoubt = false
  /** When a broker last proved that this is still the topic that was claimed, by performance.now(). */
  seenAt = 0
  /** The log starts here now, beyond our position: to be passed when all that was fetched is committed. */
  logStartAhead: number | null = null
  haltedBy: PipelineError | null = null
  /** Of what is fetched with what was fetched before. */
  readonly continuity = new Continuity()
  private readonly ranges: Range[] = []
  private isParsing = false
  private corruptAt = -1
  private corruptFetches = 0
  private readonly parse: (range: Range) => void

  constructor(topic: string, partition: number, parse: (range: Range) => void) {
    this.topic = topic
    this.partition = partition
    this.parse = parse
    this.modes = new Modes<PartitionMode>(`partition ${topic}/${partition}`, transitions, 'claiming')
  }

  get name(): { topic: string; partition: number } {
    return { topic: this.topic, partition: this.partition }
  }

  /** May it be put into the next Fetch? */
  get hasRoom(): boolean {
    const isClear = this.unchecked === null && this.logStartAhead === null && !this.isTopicInDoubt
    return isClear && this.modes.is('consuming') && this.ranges.length < MAX_RANGES
  }

  /** It was not asked for anything for so long that its topic may have been deleted, made anew and filled beyond the position. */
  get isOutOfSight(): boolean {
    return this.hasRoom && performance.now() - this.seenAt > OUT_OF_SIGHT_MS
  }

  /** Something fetched has not been handed to the sink yet. */
  get isBusy(): boolean {
    return this.isParsing || this.ranges.length > 0
  }

  /** Not busy, and no gap is being written, which moves its position in Postgres before we hear of it. */
  get isQuiet(): boolean {
    return !this.isBusy && this.logStartAhead === null
  }

  get rangesWaiting(): number {
    return this.ranges.length
  }

  /** Fetched bytes that the parser is not through with. */
  get waitingBytes(): number {
    return this.ranges.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Starts (again) from what Postgres says. */
  begin({ topicId, nextOffset, fingerprint }: StoredPosition): void {
    this.end()
    const { topic, partition, token } = this
    this.claim = { topic, topicId, partition, token, committed: nextOffset, fingerprint, isLive: true }
    this.position = nextOffset
    this.parsed = nextOffset
    this.unchecked = fingerprint
    this.seenAt = performance.now()
    this.logStartAhead = null
    this.corruptFetches = 0
    this.haltedBy = null
    this.modes.set('consuming')
  }

  /** Whatever is under way for the present claim counts no more. */
  private end(): void {
    if (this.claim !== null) this.claim.isLive = false
    this.claim = null
    for (const range of this.ranges.splice(this.isParsing ? 1 : 0)) range.region.release()
    if (!this.isParsing) return
    this.ranges.length = 0
    this.isParsing = false
  }

  /** Gives up the claim and asks for a new one. */
  reclaim(): void {
    this.end()
    this.haltedBy = null
    this.token = randomUUID()
    this.modes.set('claiming')
  }

  drain(): void {
    if (this.modes.is('consuming')) this.modes.set('draining')
  }

  release(): void {
    this.end()
    this.modes.set('released')
  }

  /** Nothing more is fetched; what was parsed is to be committed, and then it halts. */
  haltBehindParsed(error: PipelineError): void {
    this.haltedBy = error
    this.drain()
  }

  /** Is everything committed that was to be before it halts? */
  get isDueToHalt(): boolean {
    const { claim, haltedBy, modes, parsed } = this
    return haltedBy !== null && modes.is('draining') && claim !== null && claim.committed >= parsed
  }

  /** Is everything committed that was fetched, so that the gap in front of the log's start can be passed? */
  get isDueToPassGap(): boolean {
    const { claim, logStartAhead, modes, position } = this
    return logStartAhead !== null && modes.is('consuming') && claim !== null && claim.committed === position
  }

  halt(error: PipelineError): void {
    this.end()
    this.haltedBy = error
    this.modes.set('halted')
  }

  /** Takes a fetched range, or releases it where it does not continue what we have (an answer to an older question). */
  accept(range: Range): void {
    if (range.claim !== this.claim || range.firstOffset !== this.position || !this.modes.is('consuming')) {
      range.region.release()
      return
    }
    this.position = range.nextOffset
    this.ranges.push(range)
    this.parseNext()
  }

  private parseNext(): void {
    const range = this.ranges[0]
    if (this.isParsing || range === undefined) return
    this.isParsing = true
    this.parse(range)
  }

  /** The parser is through with a range (and has released it), up to `nextOffset`. */
  rangeDone(range: Range, nextOffset: number): void {
    if (range !== this.ranges[0]) return
    this.ranges.shift()
    this.isParsing = false
    this.parsed = nextOffset
    if (nextOffset < range.nextOffset) this.fetchAgainFrom(nextOffset)
    this.parseNext()
  }

  /** What waits lies behind a gap now: forget it and fetch from `offset`. */
  private fetchAgainFrom(offset: number): void {
    for (const range of this.ranges.splice(0)) range.region.release()
    this.position = offset
  }

  /** The batch at `offset` fails its checksum: true while fetching it again is worth a try. */
  mayFetchAgain(offset: number): boolean {
    if (this.corruptAt !== offset) this.corruptFetches = 0
    this.corruptAt = offset
    this.corruptFetches += 1
    return this.corruptFetches < MAX_CORRUPT_FETCHES
  }
}
