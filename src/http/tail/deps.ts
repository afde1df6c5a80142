/** What the live tail is given: who makes the process (cli/api.ts) hands over the feed of src/query/tail. */
import type { LogFilter, LogRecord } from '../../query/contract.ts'

/** See Follower in src/query/tail/group.ts. */
export interface TailFollower {
  readonly filter: LogFilter
  readonly isFull: boolean
  records(records: readonly LogRecord[], position: string): void
  moved(position: () => string): void
  missed(records: number, position: string): void
}

export interface Tail {
  /** Until it leaves; `ready` says that a full one is not full any more. @throws PipelineError TAIL_FULL, HTTP_REQUEST_INVALID */
  follow(follower: TailFollower, after: string | null): Promise<{ leave(): void; ready(): void }>
  /** Records were written to a follower. */
  readonly onSent: (records: number) => void
  /** Followers were told that they missed so many records. */
  readonly onMissed: (records: number) => void
}
