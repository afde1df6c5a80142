/**
 * Every layout that both sides of the kernel know, as plain constants: tsc compiles this file for the worker and
 * the main thread, asc for src/kernel/assembly. README.md draws the map. Sizes are bytes, `_AT` are offsets.
 */

/** WebAssembly's page, and the unit in which the arena hands out memory. */
export const PAGE_BYTES = 65536
/** Page 0: the kernel's constants. Nobody else may lie there. */
export const STATIC_BYTES = 65536

// Bounds. The arena's grants never come near the first three; a result that meets one ends early ('output_full').
export const MAX_ROWS = 16384
export const MAX_ROLLUPS = 4096
export const MAX_SEGMENTS = 256
/** From here on, new rollup keys count under the service `(other)`. */
export const ROLLUPS_BEFORE_OTHER = 3072
export const MAX_ALIASES = 64
/** Typed columns behind those of the table; their alias slots follow the MAX_ALIASES. */
export const MAX_EXTRA_COLUMNS = 32
export const FIELD_SLOTS = MAX_ALIASES + MAX_EXTRA_COLUMNS
export const MAX_NAME_BYTES = 255
export const MAX_DEPTH = 512
/** service, host, trace_id and span_id are cut here. */
export const MAX_LABEL_BYTES = 256

// A name table: 256 bucket heads (u16, entry number from 1, 0 none), then entries, then the texts, each padded to 16.
// Entry: u16 text (from the table), u16 next entry of the bucket (0 none), u8 length, u8 value, u8 is a prefix.
export const NAME_BUCKETS = 256
export const NAME_HEADS_BYTES = NAME_BUCKETS * 2
export const NAME_ENTRY_BYTES = 8
export const NAME_TEXT_AT = 0
export const NAME_NEXT_AT = 2
export const NAME_LENGTH_AT = 4
export const NAME_VALUE_AT = 5
export const NAME_PREFIX_AT = 6
export const NO_VALUE = 255
/** 63 aliases and 32 extra columns, with three prefixes each. */
export const MAX_NAMES = 380

// A slot, from its scratchAddress. First the image: written once a slot, the same for every task.
export const MAGIC = 0x4c4b5331
export const MAGIC_AT = 0
export const SETTINGS_HASH_AT = 4
export const MAX_RECORD_AT = 8
export const JUMBO_AT = 12
export const FLAGS_AT = 16
/** u8: a FORMAT_…. */
export const FORMAT_AT = 20
/** u8: number of extra columns; their TYPE_… are u8 at EXTRA_TYPES_AT. */
export const EXTRA_COUNT_AT = 21
/** u32: where the rewrite buffer begins, from the slot; u32: its size. */
export const REWRITE_OFFSET_AT = 40
export const REWRITE_SIZE_AT = 44
/** Seven pairs of u8: first alias slot of the column, number of its slots. */
export const COLUMNS_AT = 24
/** One u8 an alias slot: 1 when its numbers are OpenTelemetry's. */
export const ALIAS_FLAGS_AT = 48
export const EXTRA_TYPES_AT = 112
export const ALIASES_AT = 160
export const ALIASES_BYTES = 28160
export const SEVERITIES_AT = ALIASES_AT + ALIASES_BYTES
export const SEVERITIES_BYTES = 2048
/** What the fields of line formats are called: text of 16 bytes, u8 length, u8 slot (NO_VALUE: none), u8 is a column. */
export const LINE_NAME_BYTES = 24
export const LINE_NAME_LENGTH_AT = 16
export const LINE_NAME_SLOT_AT = 17
export const LINE_NAME_COLUMN_AT = 18
export const LINE_NAMES = 23
/** Values that no line holds, only a number for them: text of 15 bytes, u8 length. */
export const LINE_WORD_BYTES = 16
export const LINE_WORD_LENGTH_AT = 15
export const LINE_WORDS = 32
export const LINE_NAMES_AT = SEVERITIES_AT + SEVERITIES_BYTES
export const LINE_WORDS_AT = LINE_NAMES_AT + LINE_NAME_BYTES * LINE_NAMES
export const IMAGE_BYTES = LINE_WORDS_AT + LINE_WORD_BYTES * LINE_WORDS

export const FLAG_DEAD_LETTER_MALFORMED = 1
export const FLAG_KEYS = 2
export const FLAG_HEADERS = 4
export const FLAG_HOURS = 8
/** Every record is handed to JavaScript between scan and encode (STEP_FIELDS). */
export const FLAG_STEPS = 16

// Formats: what a value is taken for (assembly/formats.ts).
export const FORMAT_JSON = 0
export const FORMAT_LOGFMT = 1
export const FORMAT_RAW = 2
export const FORMAT_AUTO = 3
export const FORMAT_ACCESS = 4
export const FORMAT_SYSLOG = 5

// Fields of line formats, by number; line-names.ts has their names. Those of columns come first.
export const LINE_TS = 0
export const LINE_SEVERITY = 1
export const LINE_SERVICE = 2
export const LINE_HOST = 3
export const LINE_MESSAGE = 4
export const LINE_FACILITY = 5
export const LINE_PID = 6
export const LINE_MSGID = 7
export const LINE_STRUCTURED_DATA = 8
export const LINE_CLIENT = 9
export const LINE_IDENT = 10
export const LINE_USER = 11
export const LINE_METHOD = 12
export const LINE_PATH = 13
export const LINE_PROTOCOL = 14
export const LINE_STATUS = 15
export const LINE_SENT_BYTES = 16
export const LINE_REFERRER = 17
export const LINE_USER_AGENT = 18
export const LINE_FORWARDED_FOR = 19
export const LINE_REQUEST_TIME = 20
export const LINE_EXTRA = 21
export const LINE_VHOST = 22

/** Words: the 24 facilities of syslog, then its 8 severities. */
export const LINE_FACILITY_WORDS = 0
export const LINE_SEVERITY_WORDS = 24

// Types of extra columns (assembly/extra-columns.ts).
export const TYPE_SMALLINT = 0
export const TYPE_INTEGER = 1
export const TYPE_BIGINT = 2
export const TYPE_DOUBLE = 3
export const TYPE_BOOLEAN = 4
export const TYPE_TEXT = 5
export const TYPE_TIMESTAMPTZ = 6
export const TYPE_UUID = 7

// Then what a task leaves behind for the worker.
export const RESULT_AT = IMAGE_BYTES
export const RESULT_POSITION_AT = RESULT_AT
export const RESULT_REMAINING_AT = RESULT_AT + 4
export const RESULT_ROWS_AT = RESULT_AT + 8
export const RESULT_COPY_BYTES_AT = RESULT_AT + 12
export const RESULT_ROW_TABLE_AT = RESULT_AT + 16
export const RESULT_ROLLUPS_AT = RESULT_AT + 20
export const RESULT_ROLLUP_COUNT_AT = RESULT_AT + 24
export const RESULT_DEAD_LETTERS_AT = RESULT_AT + 28
export const RESULT_DEAD_LETTER_COUNT_AT = RESULT_AT + 32
export const RESULT_USED_AT = RESULT_AT + 36
export const RESULT_MALFORMED_AT = RESULT_AT + 40
export const RESULT_SANITIZED_AT = RESULT_AT + 44
export const RESULT_SEGMENT_COUNT_AT = RESULT_AT + 48
/** Left out by steps. */
export const RESULT_DROPPED_AT = RESULT_AT + 52
/** f64 from here: JavaScript reads them without BigInt. */
export const RESULT_EXPECTED_AT = RESULT_AT + 56
export const RESULT_SKIPPED_AT = RESULT_AT + 64
export const RESULT_VALUE_BYTES_AT = RESULT_AT + 72
export const RESULT_MIN_TS_AT = RESULT_AT + 80
export const RESULT_MAX_TS_AT = RESULT_AT + 88
export const RESULT_FIRST_TIME_AT = RESULT_AT + 96
export const RESULT_LAST_TIME_AT = RESULT_AT + 104

/** With STEP_FIELDS: where the record lies as a JSON object, and its end. */
export const RESULT_TEXT_AT = RESULT_AT + 112
export const RESULT_TEXT_END_AT = RESULT_AT + 116
/** The step that runs, from 1; 0: none. Written by the worker, read by the main thread when the worker hangs. */
export const RUNNING_STEP_AT = RESULT_AT + 120

// Then the kernel's working memory.
/** Field table: one entry an alias slot. */
export const FIELD_BYTES = 32
export const FIELDS_AT = RESULT_AT + 128
/** Addresses of the fields that are left out of attrs, in the order of the text: at most one a column. */
export const CUTS_AT = FIELDS_AT + FIELD_BYTES * FIELD_SLOTS
/** Open brackets, one byte a level. */
export const STACK_AT = CUTS_AT + 160
export const PATH_AT = STACK_AT + 640
export const TEXT_AT = PATH_AT + 640
/** The objects that the scan is in (assembly/json-token.ts): u32 name entry, u32 list. No name leads deeper. */
export const LEVEL_BYTES = 8
export const LEVELS_AT = TEXT_AT + 640
/** Objects inside a record are entered down to here for the sake of their order alone. */
export const MAX_ENTERED = 8
/** The members of a record: u32 key, u32 end of the value (assembly/member-order.ts). */
export const MAX_MEMBERS = 64
export const MEMBERS_AT = LEVELS_AT + LEVEL_BYTES * (MAX_NAME_BYTES + MAX_ENTERED + 2)
/** Orders in which members are written, one byte a step. */
export const PLANS_BYTES = 8192
export const PLANS_AT = MEMBERS_AT + MAX_MEMBERS * 8
/**
 * The orders of keys seen (assembly/shape.ts): text of 32 bytes, u32 mask, length, name entry, sibling, first token
 * behind, first inside, plan, then u8 quote, exact, closed. Nodes lie at multiples of their size.
 */
export const SHAPE_NODE_BYTES = 64
export const SHAPE_NODES = 512
export const SHAPE_AT = (PLANS_AT + PLANS_BYTES + SHAPE_NODE_BYTES - 1) & ~(SHAPE_NODE_BYTES - 1)
/** The first pairs of a record: u32 key, its end, value, its end, kind, flags of key and value, prefix, its end (assembly/noted-pairs.ts). */
export const PAIR_BYTES = 40
export const MAX_NOTED_PAIRS = 64
export const PAIRS_AT = SHAPE_AT + SHAPE_NODE_BYTES * SHAPE_NODES
/** Values of the extra columns of the row in hand, as COPY takes them: 16 bytes each. */
export const EXTRA_VALUES_AT = PAIRS_AT + PAIR_BYTES * MAX_NOTED_PAIRS
/** The words of a number on its way to a double (assembly/double.ts). */
export const BIG_NUMBER_AT = EXTRA_VALUES_AT + 16 * MAX_EXTRA_COLUMNS
export const BIG_NUMBER_BYTES = 512
export const SEGMENTS_AT = BIG_NUMBER_AT + BIG_NUMBER_BYTES
/** Open addressing: u32 address of a rollup entry, 0 free. */
export const ROLLUP_INDEX_SLOTS = 8192
export const ROLLUP_INDEX_AT = SEGMENTS_AT + MAX_SEGMENTS * 4
export const ROLLUP_ENTRIES_BYTES = 262144
export const ROLLUP_ENTRIES_AT = ROLLUP_INDEX_AT + ROLLUP_INDEX_SLOTS * 4
export const ROW_TABLE_STAGE_AT = ROLLUP_ENTRIES_AT + ROLLUP_ENTRIES_BYTES
/** Inflated Kafka batches pass through here, to the slot's end less SLACK_BYTES. */
export const WINDOW_AT = ROW_TABLE_STAGE_AT + MAX_ROWS * 12
/** What a record may carry beside a value of maxRecordBytes (key, headers) and still fit the window. */
export const WINDOW_EXTRA_BYTES = 131072
/**
 * Behind the window lies the rewrite buffer: records as JSON objects, where steps changed them or their format is a
 * line format. Of maxRecordBytes and so many more.
 */
export const REWRITE_EXTRA_BYTES = 65536
/** A 16-byte load may overrun the window by this much. */
export const SLACK_BYTES = 64

// Rows.
export const ROW_FIELDS = 11
export const ROW_ENTRY_BYTES = 12
/** A row needs at most this, plus its value (three times where something must be replaced; logfmt: what its scanner says), plus six times key and headers. */
export const ROW_FIXED_BYTES = 2048
/** And this for each extra column, besides the text of one. */
export const EXTRA_FIXED_BYTES = 20

// Rollup entry: u64 bytes, u32 minute, u32 records, u16 severity, u16 service length, service.
export const ROLLUP_FIXED_BYTES = 20
export const ROLLUP_MINUTE_AT = 8
export const ROLLUP_RECORDS_AT = 12
export const ROLLUP_SEVERITY_AT = 16
export const ROLLUP_LENGTH_AT = 18

// Dead letter: i64 offset, i64 Kafka time (ms), u16 code, u16 flags, i32 key, value and headers length, then these.
export const DEAD_FIXED_BYTES = 32
export const DEAD_TIME_AT = 8
export const DEAD_CODE_AT = 16
export const DEAD_FLAGS_AT = 18
export const DEAD_KEY_LENGTH_AT = 20
export const DEAD_VALUE_LENGTH_AT = 24
export const DEAD_HEADERS_LENGTH_AT = 28
export const DEAD_FLAG_NO_PAYLOAD = 1

// Codes of dead letters; dead-letter-codes.ts has their names.
export const DEAD_VALUE_TOO_LARGE = 1
export const DEAD_NOT_JSON = 2
export const DEAD_NOT_OBJECT = 3
export const DEAD_EMPTY = 4
export const DEAD_TOO_DEEP = 5
export const DEAD_ROW_TOO_LARGE = 6
export const DEAD_RECORD_TOO_LARGE = 7
export const DEAD_NOT_LOGFMT = 8
export const DEAD_REWRITE_TOO_LARGE = 9
/** The worker knows more: ParseResult.stepFailures. */
export const DEAD_STEP_FAILED = 10
export const DEAD_NOT_ACCESS = 11
export const DEAD_NOT_SYSLOG = 12

// Answers of parseRecords.
export const STEP_DONE = 0
export const STEP_OUTPUT_FULL = 1
export const STEP_ROW_TOO_LARGE = 2
/** The window ends inside a record. */
export const STEP_MORE = 3
export const STEP_CORRUPT = 4
/** A record at or behind toOffset was met. */
export const STEP_END = 5
/** A record waits for its steps: settleRecord, then parseRecords again. */
export const STEP_FIELDS = 6

// What settleRecord is told.
export const SETTLE_KEEP = 0
/** The record was rewritten: so many bytes of a JSON object lie in the rewrite buffer. */
export const SETTLE_REWRITTEN = 1
export const SETTLE_DROP = 2
/** A dead letter of the code given. */
export const SETTLE_REFUSE = 3

/** Before a column's name: the key under which rewritten records name it, ahead of all its aliases. */
export const COLUMN_KEY_PREFIX = 0x7f
