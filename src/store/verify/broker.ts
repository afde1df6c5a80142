/**
 * What is stored against what the broker still holds: the rules of `verify --kafka`, over figures that others bring.
 * Neighbours: ledger-reader.ts (what is stored), src/source/kafka/record-counts.ts (what the broker holds).
 */
import type { VerifyCheck } from './index.ts'

/** A partition that has a position in Postgres. */
export interface StoredPartition {
  readonly topic: string
  readonly topicId: number
  /** Kafka's id of the topic when it was claimed; null where the broker gave none. */
  readonly kafkaTopicId: string | null
  readonly partition: number
  /** The position. */
  readonly nextOffset: number
  /** Of the configured group on the cluster that answers. */
  readonly isOurs: boolean
  /** The topic was not made anew since. */
  readonly isLatest: boolean
  /** Where its first range in scope begins; null: nothing was committed in that time. */
  readonly lower: number | null
}

/** A row of the ledger. */
export interface LedgerRange {
  readonly firstOffset: number
  readonly nextOffset: number
  /** Stored, dead, dropped or expired. */
  readonly records: number
  /** Offsets in gaps that were allowed. */
  readonly gap: number
}

/** What a consumer would see of some ranges, by their index; it says nothing below `from` and from `to` on. */
export interface BrokerCounts {
  readonly records: readonly number[]
  readonly from: number
  readonly to: number
}

/** A topic as the brokers have it. */
export interface BrokerTopic {
  /** Null where the broker gives none. */
  readonly id: string | null
  /** It may have less than was stored. */
  readonly isCompacted: boolean
}

/** The first offset of a partition that is there, and the one that the next record gets. */
export interface BrokerLog {
  readonly start: number
  readonly end: number
}

/** More of one partition say nothing new, and memory is not for them. */
const MOST_FINDINGS = 100

const BELOW_START = 'below the start of the logs, which retention moved'

/** What could not be compared, of one topic and for one reason. */
interface LeftOut {
  readonly topic: string
  readonly why: string
  ranges: number
  offsets: number
}

/** Gathers the findings of one run. Call `topic` for every topic, `position` and `ranges` for what the broker has. */
export class BrokerComparison {
  private topics = 0
  private positions = 0
  private records = 0
  private readonly topicFindings: string[] = []
  private readonly positionFindings: string[] = []
  private readonly rangeFindings: string[] = []
  private readonly findingsBy = new Map<string, number>()
  private readonly leftOut = new Map<string, LeftOut>()

  /**
   * Is it the topic that was stored? False: nothing more of it can be compared.
   * @param isConfigured kafka.topics names it still; a topic that nobody reads any more may go
   */
  topic({ topic, kafkaTopicId }: StoredPartition, found: BrokerTopic | null, isConfigured: boolean): boolean {
    this.topics += 1
    if (found === null) {
      if (isConfigured) this.topicFindings.push(`${topic}: the brokers do not have it`)
      return false
    }
    if (kafkaTopicId === null || found.id === null || kafkaTopicId === found.id) return true
    this.topicFindings.push(
      `${topic}: it was recreated: its id is ${found.id}, stored was ${kafkaTopicId}, and of the new one nothing is stored yet`,
    )
    return false
  }

  /** Does the position lie in the log, if there is one? Its start is to be read before the position, its end after it. */
  position({ nextOffset, partition, topic }: StoredPartition, log: BrokerLog | null): void {
    this.positions += 1
    const place = `${topic}/${partition}: the position is ${nextOffset}`
    const { positionFindings: findings } = this
    if (log === null) findings.push(`${place}, and the brokers do not have the partition`)
    else if (log.start > nextOffset) {
      const lost = log.start - nextOffset
      findings.push(`${place}, the log begins at ${log.start}: ${lost} offsets went before they were stored`)
    } else if (nextOffset > log.end) findings.push(`${place}, but the log ends at ${log.end}`)
  }

  /** Compares adjacent ranges of one partition with the counts of the broker. */
  ranges(
    stored: Pick<StoredPartition, 'topic' | 'partition'>,
    ranges: readonly LedgerRange[],
    counts: BrokerCounts,
    isCompacted: boolean,
  ): void {
    for (const [index, range] of ranges.entries()) {
      const { from, records, to } = counts
      if (range.nextOffset <= from) this.leaveOut(stored.topic, BELOW_START, range)
      else if (range.nextOffset > to) this.leaveOut(stored.topic, 'behind what the brokers hand out', range)
      else this.range(stored, range, { found: records[index]!, from, isCompacted })
    }
  }

  private range(
    { partition, topic }: Pick<StoredPartition, 'topic' | 'partition'>,
    range: LedgerRange,
    { found, from, isCompacted }: { found: number; from: number; isCompacted: boolean },
  ): void {
    const { firstOffset, gap, nextOffset, records } = range
    this.records += found
    // Where the log's start cuts the range, so many of its records may have been below it.
    const gone = Math.max(0, from - firstOffset)
    if (gone > 0) this.leaveOut(topic, BELOW_START, { firstOffset, nextOffset: from })
    const missing = found - records - gap
    const extra = records - gone - found
    if (missing <= 0 && extra <= 0) return
    if (isCompacted && extra > 0) {
      this.leaveOut(topic, 'that compaction emptied since', { firstOffset: 0, nextOffset: extra })
      return
    }
    const isPlain = found === nextOffset - firstOffset
    const plain = isPlain ? ', one at every offset, so that none may be skipped' : ''
    const allowed = gap > 0 ? ` and ${gap} offsets in gaps` : ''
    const verdict = missing > 0 ? `${missing} are missing` : `${extra} are too many`
    this.find(
      `${topic}/${partition}`,
      `offsets ${firstOffset} to ${nextOffset}: the broker has ${found} records${plain}; stored, dead, dropped or expired are ${records}${allowed}: ${verdict}`,
    )
  }

  private find(place: string, text: string): void {
    const count = (this.findingsBy.get(place) ?? 0) + 1
    this.findingsBy.set(place, count)
    if (count <= MOST_FINDINGS) this.rangeFindings.push(`${place}: ${text}`)
  }

  /** Counts what of a topic cannot be compared; `why` goes on after "so many offsets in so many ranges". */
  leaveOut(
    topic: string,
    why: string,
    { firstOffset, nextOffset }: Pick<LedgerRange, 'firstOffset' | 'nextOffset'>,
  ): void {
    const key = `${topic} ${why}`
    const before = this.leftOut.get(key) ?? { topic, why, ranges: 0, offsets: 0 }
    before.ranges += 1
    before.offsets += nextOffset - firstOffset
    this.leftOut.set(key, before)
  }

  /** The checks, as verify has them. */
  checks(): VerifyCheck[] {
    const more = [...this.findingsBy]
      .filter(([, count]) => count > MOST_FINDINGS)
      .map(([place, count]) => `${place}: and ${count - MOST_FINDINGS} more ranges`)
    const notes = [...this.leftOut.values()].map(
      ({ topic, why, ranges, offsets }) =>
        `${topic}: not compared: ${offsets} offsets in ${ranges} ${ranges === 1 ? 'range' : 'ranges'} ${why}`,
    )
    const counts = [...this.rangeFindings, ...more]
    return [
      checkOf('topics are the ones that were stored', this.topics, this.topicFindings),
      checkOf('positions lie in the logs of the brokers', this.positions, this.positionFindings),
      { ...checkOf('the brokers have as many records as the ledger', this.records, counts), notes },
    ]
  }
}

const checkOf = (name: string, checked: number, findings: readonly string[]): VerifyCheck => ({
  name,
  ok: findings.length === 0,
  checked,
  findings,
})
