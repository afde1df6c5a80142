/**
 * What can be asked of the stored logs, and the shape of every answer; http/api asks it, queries.ts answers. Answers
 * are plain JSON, so that they can be kept. Times in answers are ISO 8601 in UTC, times in questions µs since 1970.
 */

import type { AnomalyKind } from '../anomalies/types.ts'

/** From inclusive, to exclusive. */
export interface Range {
  readonly fromUs: number
  readonly toUs: number
  /** It moves with the clock: see Question. */
  readonly isRolling?: boolean
}

/** What is missing filters nothing. */
export interface LogFilter {
  /** Any of them; the empty text stands for records without a service. */
  readonly services?: readonly string[]
  /** Severity numbers of OpenTelemetry, both inclusive. */
  readonly severity?: { readonly least: number; readonly most: number }
  readonly topic?: string
  readonly host?: string
  readonly traceId?: string
  /** Path, with dots between its names, and value as text. All of them must fit. */
  readonly attrs?: readonly (readonly [path: string, value: string])[]
  /** Typed columns of the configuration: name, and value as text. */
  readonly columns?: readonly (readonly [name: string, value: string])[]
  /** Part of the message, in any case. */
  readonly text?: string
}

export interface SearchQuestion {
  readonly range: Range
  readonly filter: LogFilter
  /** desc: newest first. */
  readonly order: 'asc' | 'desc'
  readonly limit: number
  /** Of an earlier answer; null: the first page. */
  readonly cursor: string | null
}

export interface LogRecord {
  readonly ts: string
  readonly severity: number
  readonly severity_text: string
  readonly service: string | null
  readonly host: string | null
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly message: string | null
  readonly attrs: unknown
  /** Typed columns of the configuration, where there are any. */
  readonly columns?: Readonly<Record<string, unknown>>
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface SearchAnswer {
  readonly records: readonly LogRecord[]
  /** Cursor of the page behind the last record; null: there is none. */
  readonly next: string | null
  /** Cursor of what comes before the first record, also of what arrives later; null: nothing was found at all. */
  readonly prev: string | null
  /** The time that was looked through. */
  readonly searched: { readonly from: string; readonly to: string }
  /** False: time ran out before the page was full; `next` goes on from there. */
  readonly complete: boolean
}

/** Where Kafka had it. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface RecordAnswer {
  readonly record: LogRecord
  /** The records of its partition before it and behind it, in the order of their offsets. */
  readonly before: readonly LogRecord[]
  readonly after: readonly LogRecord[]
}

/** Only what the minute rollups know can filter a histogram. */
export type RollupFilter = Pick<LogFilter, 'services' | 'severity' | 'topic'>

export interface HistogramQuestion {
  readonly range: Range
  readonly filter: RollupFilter
  /** A whole number of minutes; null: one that makes about a hundred points. */
  readonly intervalSeconds: number | null
  readonly by: 'severity' | 'service' | null
}

export interface HistogramAnswer {
  /** The range, widened to whole minutes. */
  readonly from: string
  readonly to: string
  readonly interval_seconds: number
  /** Every interval in order, also those without records. */
  readonly points: readonly {
    readonly ts: string
    readonly records: number
    readonly bytes: number
    /** Records by group; there with `by` only. */
    readonly groups?: Readonly<Record<string, number>>
  }[]
}

export interface FacetQuestion {
  readonly range: Range
  readonly filter: LogFilter
  /** service, severity, host or attr.<path>. */
  readonly field: string
  readonly limit: number
}

export interface FacetAnswer {
  readonly field: string
  readonly values: readonly { readonly value: string | null; readonly records: number }[]
  /** Null: every record of the range was counted (whole minutes, from the rollups). */
  readonly sample: { readonly records: number; readonly from: string; readonly to: string } | null
}

export interface ServicesAnswer {
  readonly services: readonly {
    readonly service: string
    readonly records: number
    /** Of severity error and above. */
    readonly errors: number
    readonly bytes: number
    /** The last minute in which it has records. */
    readonly last_seen: string
  }[]
}

export interface StatsAnswer {
  /** Offsets passed since the first start, over all partitions. */
  readonly offsets_passed: number
  readonly last_minute: Flow
  readonly last_hour: Flow
  readonly dead_letters_waiting: number
  readonly segments: {
    readonly count: number
    readonly bytes: number
    readonly from: string | null
    readonly to: string | null
  }
}

/** What was committed in a time. */
export interface Flow {
  readonly stored: number
  readonly dead_letters: number
  readonly bytes: number
}

export interface GapsAnswer {
  readonly gaps: readonly {
    readonly topic: string
    readonly partition: number
    readonly first_offset: number
    readonly next_offset: number
    readonly records: number
    /** Why it had to be passed. */
    readonly reason: string
    readonly at: string
  }[]
}

/** docs/anomalies.md says what they are. */
export interface AnomalyQuestion {
  /** It lasted for a part of this. */
  readonly range: Range
  readonly state: 'open' | 'resolved' | 'any'
  readonly kind?: AnomalyKind
  /** Any of them. */
  readonly services?: readonly string[]
  /** Found before the one with this id. */
  readonly before?: number
  readonly limit: number
}

export interface Anomaly {
  readonly id: number
  readonly kind: AnomalyKind
  readonly service: string
  /** Of new_severity, else null. */
  readonly severity: number | null
  readonly severity_text: string | null
  /** The first minute that is not as expected, and the first that is again; null: it is not over. */
  readonly since: string
  readonly until: string | null
  readonly found_at: string
  readonly resolved_at: string | null
  /** Standard deviations of what was expected; null of what is new. */
  readonly score: number | null
  /** Records a minute; of error_rate: errors a minute. */
  readonly expected: number
  readonly observed: number
  /** Records that show it. */
  readonly examples: readonly (Position & { readonly ts: string })[]
}

export interface AnomaliesAnswer {
  readonly anomalies: readonly Anomaly[]
}

/** A statement that was run for an answer. */
export interface ExplainedStatement {
  readonly task: string
  readonly sql: string
  readonly parameters: readonly unknown[]
  readonly plan: readonly string[]
  readonly rows: number
  readonly ms: number
}

export interface Explained {
  readonly explain?: readonly ExplainedStatement[]
}

/** Of the one who asks. */
export interface Asking {
  /** Aborted when nobody waits for the answer any more: the query is cancelled. */
  readonly signal: AbortSignal
  /** With SQL and plans, past any cache. */
  readonly explain: boolean
}

/** @throws PipelineError of API_BUSY, QUERY_*, POSTGRES_*, RECORD_NOT_FOUND, HTTP_REQUEST_INVALID */
export interface Queries {
  search(question: SearchQuestion, asking: Asking): Promise<SearchAnswer & Explained>
  record(position: Position, neighbours: number, asking: Asking): Promise<RecordAnswer & Explained>
  histogram(question: HistogramQuestion, asking: Asking): Promise<HistogramAnswer & Explained>
  facets(question: FacetQuestion, asking: Asking): Promise<FacetAnswer & Explained>
  services(range: Range, asking: Asking): Promise<ServicesAnswer & Explained>
  stats(asking: Asking): Promise<StatsAnswer & Explained>
  gaps(limit: number, asking: Asking): Promise<GapsAnswer & Explained>
  /** Never from a cache: one ends without any record being committed. */
  anomalies(question: AnomalyQuestion, asking: Asking): Promise<AnomaliesAnswer & Explained>
  /** Every record of the range in the order of time, in portions; ends early when the signal aborts. */
  records(range: Range, filter: LogFilter, signal: AbortSignal): AsyncIterable<readonly LogRecord[]>
}
