/**
 * What lives between begin and finish of one task, in globals of this instance (never in static memory, which all
 * instances share). Every file of the kernel reads it; scan is json.ts's, row is row.ts's, task is index.ts's.
 */

/** The task: where it writes, and what it counted. */
export class task {
  static slot: usize = 0
  static outStart: usize = 0
  /** Behind the last COPY row. */
  static out: usize = 0
  /** Dead letters lie in [deadLow, deadEnd), the newest lowest. */
  static deadLow: usize = 0
  static deadEnd: usize = 0
  static maxRecordBytes: u32 = 0
  static format: u32 = 0
  /** Columns behind those of the table, and what a row takes besides its texts. */
  static extraColumns: u32 = 0
  static rowFixedBytes: i64 = 0
  static jumboBytes: u32 = 0
  static flags: u32 = 0
  static topicId: u32 = 0
  static partition: u32 = 0
  static nowMs: i64 = 0
  static firstOffset: i64 = 0
  static toOffset: i64 = 0
  /** The next offset to deal with. */
  static expected: i64 = 0
  static rows: u32 = 0
  static deadLetters: u32 = 0
  static malformed: u32 = 0
  static sanitized: u32 = 0
  static dropped: u32 = 0
  static skipped: i64 = 0
  static valueBytes: i64 = 0
  static minTs: i64 = 0
  static maxTs: i64 = 0
  static firstTime: i64 = 0
  static lastTime: i64 = 0
}

/** The Kafka record in hand; lengths are -1 for null. */
export class record {
  static timeDelta: i64 = 0
  static offsetDelta: i32 = 0
  static key: usize = 0
  static keyLength: i32 = 0
  static value: usize = 0
  static valueLength: i32 = 0
  static headers: usize = 0
  static end: usize = 0
  static offset: i64 = 0
  /** Kafka's time as it came, and as it counts, ms. */
  static rawTime: i64 = 0
  static time: i64 = 0
}

/** What the scanner says of the value in hand. */
export class scan {
  /** Kind and flags of the token scanned last. */
  static kind: u32 = 0
  static flags: u32 = 0
  /** Something in the text must be replaced before Postgres takes it. */
  static dirty: bool = false
  static fault: u32 = 0
  /** Containers that are open. */
  static open: u32 = 0
  /** One bit an alias slot whose field was met. */
  static seen: u64 = 0
  /** The same for the extra columns. */
  static seenExtra: u32 = 0
  /** Of a text that is no JSON: its pairs, its keys without "=" (both of logfmt), and by how much it may grow. */
  static pairs: u32 = 0
  static bareKeys: u32 = 0
  /** How many of both were noted, and where the rest begins (0: nowhere). */
  static noted: u32 = 0
  static rest: usize = 0
  static growth: i64 = 0
  /** Of the text in which the fields lie. */
  static textBytes: i64 = 0
  static object: usize = 0
  static objectEnd: usize = 0
  /** In which order its members are written (member-order.ts); 0: as they came. */
  static plan: usize = 0
}

/** What the encoder says of the row in hand. */
export class row {
  /** Something was replaced or cut. */
  static changed: bool = false
  /** The same, when the record was rewritten before it became a row. */
  static changedBefore: bool = false
  /** What the value was when it came. */
  static origin: u32 = 0
  /** The text written last was cut at its cap. */
  static cut: bool = false
  /** Fields that attrs leave out: how many there are, or one bit a member where there is a plan. */
  static cuts: u32 = 0
  static leftOut: u64 = 0
  /** Its time, microseconds since 1970, and the field that gave it although it is out of the window (or null). */
  static ts: i64 = 0
  static refusedTime: usize = 0
  /** Kafka's own time was replaced. */
  static timeReplaced: bool = false
  static severity: u32 = 0
  /** The service as stored. */
  static service: usize = 0
  static serviceLength: u32 = 0
  /** One bit an extra column that has a value. */
  static filled: u32 = 0
}

// Kinds of a JSON value.
export const KIND_STRING: u32 = 1
export const KIND_NUMBER: u32 = 2
export const KIND_BOOLEAN: u32 = 3
export const KIND_NULL: u32 = 4
export const KIND_CONTAINER: u32 = 5

// Flags of a token: holds escapes; holds what must be replaced.
export const FLAG_ESCAPED: u32 = 1
export const FLAG_BAD: u32 = 2
// logfmt alone: holds what a JSON string cannot hold as it is (Go's escapes, control characters); no escapes at all, a
// backslash is one.
export const FLAG_FOREIGN: u32 = 4
export const FLAG_LITERAL: u32 = 8
// syslog alone: a backslash is an escape before quote, bracket and backslash, and itself elsewhere (FLAG_DATA).
export const FLAG_DATA: u32 = 16
// Of a key alone: the pair is what a column is filled from.
export const FLAG_COLUMN: u32 = 32

// What a value is. Up to VALUE_PAIRS it fills the field table, from VALUE_NOT_JSON on it is malformed.
export const VALUE_OBJECT: u32 = 0
export const VALUE_PAIRS: u32 = 1
export const VALUE_RAW: u32 = 2
export const VALUE_TOMBSTONE: u32 = 3
export const VALUE_NOT_JSON: u32 = 4
export const VALUE_NOT_OBJECT: u32 = 5
export const VALUE_EMPTY: u32 = 6
export const VALUE_TOO_DEEP: u32 = 7
export const VALUE_NOT_LOGFMT: u32 = 8
export const VALUE_NOT_ACCESS: u32 = 9
export const VALUE_NOT_SYSLOG: u32 = 10
