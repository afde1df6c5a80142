/**
 * What crosses the border between the parse pool (main thread) and a worker: settings once, then descriptors.
 * Bytes never cross it; they lie in the arena. Layouts of the output region are in src/kernel/README.md.
 */

/** The columns of `logs` that the kernel fills from a record, in the order of the table. */
export const promotedColumns = [
  'ts',
  'severity',
  'service',
  'host',
  'trace_id',
  'span_id',
  'message',
] as const
export type PromotedColumn = (typeof promotedColumns)[number]

/** What the value of a record is taken for; docs/formats.md has the rules. */
export const recordFormats = ['json', 'logfmt', 'access', 'syslog', 'raw', 'auto'] as const
export type RecordFormat = (typeof recordFormats)[number]

/** Does the format read lines, always or by content, which fill columns by themselves, ahead of all aliases? */
export const hasLines = (format: RecordFormat): boolean =>
  format === 'access' || format === 'syslog' || format === 'auto'

/** Types that an extra column may have, by their names in Postgres. */
export const columnTypes = [
  'smallint',
  'integer',
  'bigint',
  'double precision',
  'boolean',
  'text',
  'timestamptz',
  'uuid',
] as const
export type ColumnType = (typeof columnTypes)[number]

/** A column of `logs` that the configuration adds. */
export interface ExtraColumn {
  readonly name: string
  /** The field that fills it, as an alias. */
  readonly from: string
  readonly type: ColumnType
}

/** A step as the configuration has it: plain data; parse/steps compiles it in the worker. */
export interface PipelineStep {
  readonly kind: string
  readonly options: unknown
}

/** Topics that are read alike. */
export interface Pipeline {
  readonly name: string
  /** Names, and regular expressions between slashes. */
  readonly topics: readonly string[]
  /** Null: that of parse.format. */
  readonly format: RecordFormat | null
  /** In place of parse.aliases, column by column. */
  readonly aliases: Readonly<Partial<Record<PromotedColumn, readonly string[]>>>
  readonly steps: readonly PipelineStep[]
}

/** Of one pipeline. Constant over a worker's life; travels once, as workerData. */
export interface ParserSettings {
  /** Of the pipeline. */
  readonly name: string
  readonly steps: readonly PipelineStep[]
  /** Field names that fill a column, the first present wins; a dot descends into an object, and a key that holds the dot itself also counts. */
  readonly aliases: Readonly<Record<PromotedColumn, readonly string[]>>
  readonly format: RecordFormat
  /** In the order in which they stand behind the others in a row. */
  readonly columns: readonly ExtraColumn[]
  /** What is not of the format: 'store' it as a row with a raw message, or 'dead_letter' it. */
  readonly malformed: 'store' | 'dead_letter'
  /** Write the Kafka key or headers into attrs. */
  readonly keys: boolean
  readonly headers: boolean
  readonly segment: 'day' | 'hour'
  /** A record whose value is larger becomes a dead letter. */
  readonly maxRecordBytes: number
  /** A Kafka batch that inflates to more halts its partition. */
  readonly maxBatchBytes: number
}

/** One run of a worker over one range of Kafka batches. Addresses are byte offsets in the arena's memory. */
export interface ParseTask {
  /** Number of the pipeline in the worker's settings. */
  readonly pipeline: number
  /** Scratch area of this task's slot: kernel state lives there, never in the worker. */
  readonly scratchAddress: number
  /** Whole Kafka batches of one partition. */
  readonly inputAddress: number
  readonly inputBytes: number
  /** Names the input's content: the same key means the same bytes (a worker may keep what it inflated). */
  readonly inputKey: number
  readonly outputAddress: number
  readonly outputBytes: number
  readonly topicId: number
  readonly partition: number
  /** Offsets below `fromOffset` are skipped; parsing ends before `toOffset`. */
  readonly fromOffset: number
  readonly toOffset: number
  /** Wall clock of the fetch, ms since 1970. */
  readonly nowMs: number
  /** Transactions whose records are passed: so many pairs of producer id and first offset (i64, big-endian) lie there. */
  readonly abortedAt: number
  readonly abortedCount: number
}

/**
 * Why a worker stopped before the end of its input. 'output_full': go on from nextOffset with a new region.
 * 'row_too_large': the next row does not fit even the whole region; 'corrupt' and 'unsupported' halt the
 * partition in front of nextOffset.
 */
export type ParseStop = 'output_full' | 'row_too_large' | 'corrupt' | 'unsupported'

/** A step threw on a record. */
export interface StepFailure {
  readonly offset: number
  /** Pipeline, step and error, in ASCII. */
  readonly reason: string
}

/** How long one step took at the records of a task that were timed. */
export interface StepTime {
  readonly runs: number
  readonly ms: number
  readonly maxMs: number
}

/**
 * A parsed batch: what the worker wrote to the front of the output region, in this order, each part 8-aligned:
 * COPY rows (no header, no trailer), row table, rollups, dead letters.
 */
export interface ParseResult {
  /** Equal to the task's fromOffset. */
  readonly firstOffset: number
  /** One past the last offset dealt with; equal to firstOffset when nothing was. */
  readonly nextOffset: number
  readonly rows: number
  /** Bytes of the COPY rows, from outputAddress. */
  readonly copyBytes: number
  /** Offsets from outputAddress. */
  readonly rowTableAt: number
  readonly rollupsAt: number
  readonly rollups: number
  readonly deadLettersAt: number
  readonly deadLetters: number
  /** All of the region that is in use. */
  readonly usedBytes: number
  /** Offsets without a record to store: control batches, aborted transactions, compacted gaps. next − first = rows + deadLetters + dropped + skipped. */
  readonly skipped: number
  /** Records that steps left out; by step of the pipeline (empty: none). */
  readonly dropped: number
  readonly droppedBy: readonly number[]
  /** Records on which each step threw (empty: none). */
  readonly failedBy: readonly number[]
  /** Why dead letters of the code DEAD_STEP_FAILED are such, in the order of their offsets; perhaps not of all. */
  readonly stepFailures: readonly StepFailure[]
  /** By step of the pipeline; empty: no record was timed. */
  readonly stepTimes: readonly StepTime[]
  /** Sum of the value sizes of rows and dead letters. */
  readonly valueBytes: number
  /** Rows stored raw because they are not of the format; rows in which something was replaced, cut or did not fit. */
  readonly malformed: number
  readonly sanitized: number
  /** Least and greatest ts of the rows, microseconds since 1970; 0 when there are no rows. */
  readonly minTs: number
  readonly maxTs: number
  /** Starts of the segments that the rows need, ms since 1970, ascending, each once. */
  readonly segments: readonly number[]
  /** The Kafka batch that holds nextOffset − 1: its base offset and CRC-32C; null when nothing was dealt with. */
  readonly fingerprint: { readonly baseOffset: number; readonly crc: number } | null
  /** Kafka timestamps of the first and last record dealt with, ms; 0 when none. */
  readonly firstTimestampMs: number
  readonly lastTimestampMs: number
  readonly stop: ParseStop | null
  /** Says more about a stop of 'corrupt' or 'unsupported'; empty otherwise. */
  readonly stopReason: string
  readonly workerMs: number
}
