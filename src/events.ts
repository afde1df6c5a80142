/**
 * What happens inside, as typed facts `stage:noun:pastVerb`: the parts emit them, metrics/ counts them and
 * log.ts writes them, so that a figure and its log line cannot disagree. Emitted per batch, never per record.
 */
import type { PipelineError } from './errors.ts'

export interface PartitionName {
  readonly topic: string
  readonly partition: number
}

export interface Events {
  'source:group:joined': { memberId: string; partitions: number; durationMs: number }
  'source:group:crashed': { error: Error; restart: boolean }
  /** Its process on this host was killed and is no more. */
  'source:member:removed': { memberId: string }
  /** What is read besides what was read before, and what is no more; names. */
  'source:topics:changed': { added: readonly string[]; removed: readonly string[] }
  /** At each look: brokers that are alive, and the topics that are read. */
  'source:topics:seen': {
    brokers: number
    topics: readonly { topic: string; partitions: number; underReplicated: number; leaderless: number }[]
  }
  /** Deleted and made anew: it is another topic, read from its log start. */
  'source:topic:recreated': { topic: string; partitions: number }
  'source:partition:claimed': PartitionName & { nextOffset: number; durationMs: number }
  'source:partition:released': PartitionName & { nextOffset: number }
  'source:partition:halted': PartitionName & { nextOffset: number; error: PipelineError }
  /** The broker deleted these before they were stored, and kafka.on_gap let them be passed. */
  'source:gap:recorded': PartitionName & { firstOffset: number; nextOffset: number; reason: string }
  'source:fetch:completed': { broker: number; bytes: number; partitions: number; durationMs: number }
  /** Broker −1: a request that any of them may answer. */
  'source:fetch:failed': { broker: number; error: PipelineError }
  /** What came for `offset` does not begin where it should; it is fetched again. */
  'source:partition:refused': PartitionName & { broker: number; error: PipelineError }
  'source:batch:doubted': { topic: string; partition: number; offset: number }
  /** What any broker may be asked was answered. */
  'source:metadata:read': Record<string, never>
  /** A line of kafkajs; of what it gives up we hear otherwise. */
  'source:client:noted': { text: string; details: object }
  'source:client:reported': { text: string; details: object; isProblem: boolean }
  /** Positions after a fetch or a commit; lag = highWatermark − committed. */
  'source:position:moved': PartitionName & { fetched: number; committed: number; highWatermark: number }
  'parse:batch:completed': PartitionName & {
    pipeline: string
    format: string
    records: number
    inputBytes: number
    outputBytes: number
    malformed: number
    sanitized: number
    deadLetters: number
    /** Left out by steps. */
    dropped: number
    /** From the hand-over to the worker until its answer, and the worker's own time. */
    durationMs: number
    workerMs: number
  }
  'parse:records:dropped': { pipeline: string; step: string; records: number }
  /** The time of a step in a task, of all its records, estimated from those that were timed. */
  'parse:step:timed': { pipeline: string; step: string; durationMs: number }
  /** A step threw on records: they are dead letters. */
  'parse:step:failed': { pipeline: string; step: string; records: number }
  'parse:worker:failed': PartitionName & { error: PipelineError; fromOffset: number; toOffset: number }
  'sink:transaction:committed': {
    writer: number
    batches: number
    rows: number
    bytes: number
    deadLetters: number
    copyMs: number
    commitMs: number
    /** Age of the oldest and of the newest Kafka batch in it: producer's (or broker's) timestamp to COMMIT. */
    oldestAgeMs: number
    newestAgeMs: number
  }
  'sink:transaction:failed': {
    writer: number
    error: PipelineError
    sqlstate: string
    stage: 'connect' | 'prepare' | 'copy' | 'tail'
  }
  /** How many writers may be in a transaction at the same time, for the latency of the commits of a second. */
  'sink:writers:allowed': { allowed: number; of: number; latencyMs: number }
  'sink:row:refused': PartitionName & { offset: number; sqlstate: string; reason: string }
  'sink:writer:fenced': PartitionName & { writer: number; expected: number; stored: number }
  'store:segment:created': { segment: string }
  'store:column:added': { column: string }
  /** The light form, over what was committed lately. */
  'store:verify:completed': { ok: boolean; findings: readonly string[]; durationMs: number }
  /** `step`: what somebody's lock is in the way of; it is tried again. */
  'store:removal:postponed': { segment: string; step: 'detach' | 'drop' }
  'store:segment:removed': {
    segment: string
    reason: 'age' | 'size'
    rows: number
    bytes: number
    durationMs: number
  }
  'store:index:built': { segment: string; index: string; bytes: number; durationMs: number }
  'store:segment:sealed': { segment: string; durationMs: number }
  /** Every state, those without a segment too. */
  'store:storage:measured': {
    states: readonly { state: string; segments: number; tableBytes: number; indexBytes: number }[]
    /** Beside logs, with their indexes. */
    tables: readonly { table: string; bytes: number }[]
    /** How long the oldest transaction that holds a snapshot has run; 0: there is none. */
    oldestSnapshotMs: number
  }
  /** A writer's, that had waited for the rest of a COPY for so long. */
  'store:backend:ended': { pid: number; waitedMs: number }
  'store:task:completed': { task: string }
  'store:task:failed': { task: string; error: PipelineError }
  'anomalies:anomaly:opened': {
    kind: string
    service: string
    severity: number | null
    score: number | null
    expected: number
    observed: number
  }
  'anomalies:anomaly:resolved': { kind: string; service: string; severity: number | null }
  /** Every kind, those of which none is open too. */
  'anomalies:open:counted': { kinds: readonly { kind: string; open: number }[] }
  'redis:mirror:written': { partitions: number; durationMs: number }
  'redis:mirror:failed': { error: PipelineError }
  /** A request to the intake was answered; `unacknowledged` of its records by a deadline. */
  'intake:request:completed': {
    topic: string
    accepted: number
    refused: number
    unacknowledged: number
    durationMs: number
    /** All that the intake holds. */
    inFlightBytes: number
  }
  'intake:request:refused': { error: PipelineError; inFlightBytes: number }
  /** `name` is that of the resource that was asked for; the outcomes are explained in redis/cache/cache.ts. */
  'query:cache:answered': {
    name: string
    outcome: 'hit' | 'stale' | 'waited' | 'shared' | 'filled' | 'bypassed'
  }
  /** Postgres was asked, by this process, for an answer. */
  'query:cache:filled': { name: string; durationMs: number }
  'redis:cache:failed': { error: PipelineError }
  'redis:cache:recovered': Record<string, never>
  'redis:announcer:failed': { error: PipelineError }
  'redis:announcer:recovered': Record<string, never>
  'redis:tail:failed': { error: PipelineError }
  'redis:tail:recovered': Record<string, never>
  /** Rows that were committed could not be read for those who follow; it is tried again. */
  'query:tail:failed': { error: PipelineError }
  'query:tail:recovered': Record<string, never>
  /** Records were written to a follower. */
  'query:tail:sent': { records: number }
  /** Records that a follower was told it missed. */
  'query:tail:missed': { records: number }
  /** `route` as it was declared, with the names of its parameters; of those that are declared only. */
  'http:request:answered': { method: string; route: string; status: string; durationMs: number }
  /** There were as many as may be. */
  'http:connection:refused': { most: number }
  'supervisor:child:added': { child: string }
  'supervisor:child:restarted': { child: string; error: Error; restarts: number }
  'supervisor:stop:requested': { reason: string; deadlineMs: number }
  'supervisor:stop:completed': { durationMs: number; clean: boolean }
}

export type EventName = keyof Events
export type Emit = <N extends EventName>(name: N, event: Events[N]) => void
type Listener = <N extends EventName>(name: N, event: Events[N]) => void

/** Hands each event to every listener at once, in order of subscription. A listener must not throw. */
export function createEvents(...listeners: readonly Listener[]): Emit {
  return (name, event) => {
    for (const listener of listeners) listener(name, event)
  }
}
