/**
 * How far behind a consumer is in seconds: how long ago the log ended where the committed position stands now. Looked at
 * once a second; pure. Neighbour: pressure.ts.
 */
import { lagOf, type PartitionSnapshot, readableEnd } from '../snapshot.ts'

/** The end of a partition's log as it was at one moment. */
interface Sample {
  readonly atMs: number
  readonly end: number
}

interface History {
  /** In the order of time; the first is the latest end that is committed, once there is one. */
  samples: Sample[]
  /** The position when this began, to tell how fast it moves. */
  readonly from: number
}

/** Then every second one between is forgotten: nobody needs an hour's lag to the second. */
const MOST_SAMPLES = 120
/** Sooner than this nothing is said of a backlog that was there before us. */
const LEARN_MS = 5_000
const MOST_SECONDS = 86_400

export class LagClock {
  private readonly histories = new Map<string, History>()

  /** Seconds behind, of the partition that is furthest behind; `nowMs` of a clock that only goes forward. */
  observe(nowMs: number, partitions: readonly PartitionSnapshot[]): number {
    const present = new Set(partitions.map(keyOf))
    for (const key of this.histories.keys()) if (!present.has(key)) this.histories.delete(key)
    return Math.max(0, ...partitions.map(one => this.secondsOf(nowMs, one)))
  }

  private secondsOf(nowMs: number, partition: PartitionSnapshot): number {
    const lag = lagOf(partition)
    if (lag === null) return 0
    const { committed } = partition
    const history = this.historyOf(keyOf(partition), committed)
    const { samples } = history
    samples.push({ atMs: nowMs, end: readableEnd(partition) })
    while (samples.length > 1 && samples[1]!.end <= committed) samples.shift()
    if (samples.length > MOST_SAMPLES) history.samples = samples.filter((_, index) => index % 2 === 0)
    const first = samples[0]!
    const seconds = (nowMs - first.atMs) / 1000
    if (first.end <= committed) return Math.min(seconds, MOST_SECONDS)
    return estimate(lag, seconds, committed - history.from)
  }

  private historyOf(key: string, committed: number): History {
    const known = this.histories.get(key)
    // A position that went back begins a new history: what was seen is to be stored once more.
    if (known !== undefined && known.from <= committed) return known
    const history: History = { samples: [], from: committed }
    this.histories.set(key, history)
    return history
  }
}

/**
 * Behind by more than was ever watched: at least as long as we watch, and as long as it takes to catch up at the pace
 * since then.
 */
function estimate(lag: number, watchedSeconds: number, moved: number): number {
  if (watchedSeconds * 1000 < LEARN_MS) return watchedSeconds
  const toCatchUp = moved > 0 ? (lag * watchedSeconds) / moved : MOST_SECONDS
  return Math.min(MOST_SECONDS, Math.max(watchedSeconds, toCatchUp))
}

const keyOf = ({ topic, partition }: PartitionSnapshot): string => `${topic}/${partition}`
