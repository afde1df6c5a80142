/**
 * The one table of settings. Types, parsing, bounds, --help, redaction, docs/configuration.md and the example
 * file all come from it (types.ts, values.ts, render.ts); rules between two settings are in checks.ts.
 */

interface Common {
  /** One sentence for people. */
  readonly help: string
  /** Never shown, not even in errors; may also come from a file named by LOGCOLLECTOR_…_FILE. */
  readonly secret?: true
}

/** A value that follows from others or from the machine when nobody sets it; says how. */
interface Derived {
  readonly derived: string
}

/** The default as one would write it; the same parser reads it. */
interface Fixed {
  readonly default: string
}

/** What one value, or one item of a list, must look like. */
interface Shape {
  readonly pattern: RegExp
  readonly accepts: string
}

interface Bounds {
  readonly min: string
  readonly max: string
}

export type StringSetting = Common & Fixed & { readonly type: 'string'; readonly shape?: Shape }
export type ListSetting = Common &
  Fixed & {
    readonly type: 'list'
    readonly minItems: number
    readonly maxItems: number
    readonly shape: Shape
  }
export type NumberSetting = Common &
  Bounds &
  (Fixed | Derived) & { readonly type: 'int' | 'bytes' | 'duration' }
export type EnumSetting = Common & Fixed & { readonly type: 'enum'; readonly values: readonly string[] }
export type BoolSetting = Common & Fixed & { readonly type: 'bool' }
export type StartSetting = Common & Fixed & { readonly type: 'start' }
export type UrlSetting = Common &
  Fixed & {
    readonly type: 'url'
    readonly schemes: readonly string[]
    /** The empty text is a value too: the service is not used. */
    readonly optional?: true
  }
export type Setting =
  | StringSetting
  | ListSetting
  | NumberSetting
  | EnumSetting
  | BoolSetting
  | StartSetting
  | UrlSetting

const keyPrefix: Shape = { pattern: /^[\w.:-]{1,100}$/, accepts: 'letters, digits, ".", ":", "_" and "-"' }
const anyText: Shape = { pattern: /^.{1,255}$/u, accepts: 'a text of 1 to 255 characters' }
const groupName: Shape = { pattern: /^[\w.-]{1,255}$/, accepts: 'letters, digits, ".", "_" and "-"' }
/** Seven lists of such names fit the kernel's table (src/kernel/slot.ts); a test builds the greatest. */
const fieldNames = {
  type: 'list',
  minItems: 0,
  maxItems: 9,
  shape: {
    pattern: /^(?=.{1,63}$)[^.]+(\.[^.]+){0,3}$/u,
    accepts: 'field names of at most 63 characters and three dots',
  },
} as const

/** Keys are written as in YAML: a dot descends, words are joined by underscores. */
export const settings = {
  'kafka.brokers': {
    type: 'list',
    default: 'localhost:9092',
    minItems: 1,
    maxItems: 100,
    shape: { pattern: /^(\[[0-9a-fA-F:.]+\]|[^\s:/@,]+):\d{1,5}$/, accepts: 'host:port' },
    help: 'Brokers to ask first.',
  },
  'kafka.topics': {
    type: 'list',
    default: 'logs',
    minItems: 1,
    maxItems: 1000,
    shape: { pattern: /^[a-zA-Z0-9._-]{1,249}$/, accepts: 'topic names' },
    help: 'Topics to store.',
  },
  'kafka.group_id': {
    type: 'string',
    default: 'logcollector',
    shape: groupName,
    help: 'Consumer group. Positions are kept per group; instances with the same group share the partitions.',
  },
  'kafka.client_id': {
    type: 'string',
    default: 'logcollector',
    shape: groupName,
    help: 'Name under which the brokers see and log this process.',
  },
  'kafka.start': {
    type: 'start',
    default: 'earliest',
    help: 'Where a topic that was never stored begins: earliest, latest or a time. Later starts go on from Postgres.',
  },
  'kafka.session_timeout': {
    type: 'duration',
    default: '30s',
    min: '6s',
    max: '30m',
    help: 'The group gives the partitions to others when it hears no heartbeat for so long.',
  },
  'kafka.heartbeat_interval': {
    type: 'duration',
    default: '3s',
    min: '100ms',
    max: '5m',
    help: 'Time between heartbeats; less than a third of kafka.session_timeout.',
  },
  'kafka.fetch_wait': {
    type: 'duration',
    default: '500ms',
    min: '1ms',
    max: '30s',
    help: 'How long a broker may hold a fetch when there is nothing new.',
  },
  'kafka.partition_fetch_bytes': {
    type: 'bytes',
    default: '2MiB',
    min: '16KiB',
    max: '256MiB',
    help: 'Most that one fetch asks of one partition.',
  },
  'kafka.request_timeout': {
    type: 'duration',
    default: '30s',
    min: '1s',
    max: '10m',
    help: 'A broker that does not answer a request for so long is connected anew.',
  },
  'postgres.url': {
    type: 'url',
    default: 'postgres://localhost:5432/logcollector',
    schemes: ['postgres', 'postgresql'],
    secret: true,
    help: 'The database: postgres://user:password@host:port/database?options.',
  },
  'postgres.writers': {
    type: 'int',
    default: '2',
    min: '1',
    max: '64',
    help: 'Connections that write; two fill two cores of Postgres.',
  },
  'postgres.connect_timeout': {
    type: 'duration',
    default: '10s',
    min: '100ms',
    max: '5m',
    help: 'Most that opening a connection may take.',
  },
  'postgres.stall_timeout': {
    type: 'duration',
    default: '60s',
    min: '1s',
    max: '1h',
    help: 'A connection on which nothing moves for so long in the middle of its work is cut and opened anew.',
  },
  'redis.url': {
    type: 'url',
    default: '',
    schemes: ['redis', 'rediss'],
    optional: true,
    secret: true,
    help: 'Redis for the mirror of positions and lag, redis://user:password@host:port/database; empty: no mirror. Nothing else needs it.',
  },
  'redis.prefix': {
    type: 'string',
    default: 'logcollector',
    shape: keyPrefix,
    help: 'What every key begins with. Keys under it belong to LogCollector and are overwritten.',
  },
  'memory.budget': {
    type: 'bytes',
    derived: '90MiB + 35MiB a worker + memory.arena',
    min: '128MiB',
    max: '64GiB',
    help: 'Bound on the memory of the process. Set it and the arena follows, or the other way round.',
  },
  'memory.arena': {
    type: 'bytes',
    derived: '96MiB, or what memory.budget leaves',
    min: '32MiB',
    max: '3GiB',
    help: 'Memory for the bytes between fetch and COMMIT.',
  },
  workers: {
    type: 'int',
    derived: 'cores, at most 4',
    min: '1',
    max: '64',
    help: 'Threads that parse.',
  },
  'limits.max_record_bytes': {
    type: 'bytes',
    default: '1MiB',
    min: '1KiB',
    max: '64MiB',
    help: 'A record with a larger value becomes a dead letter.',
  },
  'limits.max_batch_bytes': {
    type: 'bytes',
    default: '32MiB',
    min: '1MiB',
    max: '1GiB',
    help: 'A Kafka batch that inflates to more halts its partition.',
  },
  'parse.malformed': {
    type: 'enum',
    default: 'store',
    values: ['store', 'dead_letter'],
    help: 'What is not a JSON object: stored as a row with the raw text as message, or made a dead letter.',
  },
  'parse.keys': { type: 'bool', default: 'false', help: 'Write the Kafka key into attrs (kafka.key).' },
  'parse.headers': {
    type: 'bool',
    default: 'false',
    help: 'Write the Kafka headers into attrs (kafka.headers).',
  },
  'parse.timeout': {
    type: 'duration',
    default: '10s',
    min: '1s',
    max: '5m',
    help: 'A parse task that takes longer is taken for hung: its thread is ended and the record found.',
  },
  'parse.aliases.ts': {
    ...fieldNames,
    default: 'ts,time,timestamp,@timestamp',
    help: 'Fields that hold the time of a record; the first present wins, a dot descends.',
  },
  'parse.aliases.severity': {
    ...fieldNames,
    default: 'severity_number,level,severity,severity_text,lvl',
    help: 'Fields that hold the severity.',
  },
  'parse.aliases.service': {
    ...fieldNames,
    default: 'service,service.name,app,application',
    help: 'Fields that hold the name of the service.',
  },
  'parse.aliases.host': {
    ...fieldNames,
    default: 'host,hostname,host.name',
    help: 'Fields that hold the host.',
  },
  'parse.aliases.trace_id': {
    ...fieldNames,
    default: 'trace_id,traceId,trace.id',
    help: 'Fields that hold the trace.',
  },
  'parse.aliases.span_id': {
    ...fieldNames,
    default: 'span_id,spanId,span.id',
    help: 'Fields that hold the span.',
  },
  'parse.aliases.message': {
    ...fieldNames,
    default: 'msg,message,body,log,event',
    help: 'Fields that hold the message.',
  },
  'storage.segment': {
    type: 'enum',
    default: 'day',
    values: ['day', 'hour'],
    help: 'Time that one partition of the table logs covers.',
  },
  'storage.segments_ahead': {
    type: 'int',
    default: '3',
    min: '1',
    max: '48',
    help: 'Segments made before their time.',
  },
  'storage.verify_interval': {
    type: 'duration',
    default: '1m',
    min: '1s',
    max: '24h',
    help: 'How often ledger and positions of the last ten minutes are compared; verify_ok shows the result.',
  },
  'sink.transaction_bytes': {
    type: 'bytes',
    default: '32MiB',
    min: '64KiB',
    max: '512MiB',
    help: 'Most that one transaction takes.',
  },
  'sink.transaction_interval': {
    type: 'duration',
    default: '20ms',
    min: '0ms',
    max: '10s',
    help: 'Least time between two transactions of a writer while there is little to write.',
  },
  'http.host': {
    type: 'string',
    default: '127.0.0.1',
    shape: anyText,
    help: 'Address that HTTP listens on.',
  },
  'http.port': {
    type: 'int',
    default: '8080',
    min: '0',
    max: '65535',
    help: 'Port that HTTP listens on; 0 takes any free one.',
  },
  'http.debug': {
    type: 'bool',
    default: 'false',
    help: 'Serve /debug: the state of every part as JSON. It names topics, addresses and errors, so keep it from strangers.',
  },
  'log.level': {
    type: 'enum',
    default: 'info',
    values: ['debug', 'info', 'warn', 'error'],
    help: 'Least level that is logged; debug also shows stacks and one line per batch.',
  },
  'log.format': {
    type: 'enum',
    default: 'auto',
    values: ['auto', 'json', 'pretty'],
    help: 'auto is pretty on a terminal and JSON elsewhere.',
  },
  'shutdown.deadline': {
    type: 'duration',
    default: '20s',
    min: '1s',
    max: '10m',
    help: 'Most that stopping may take; what is not committed by then is read again by the next start.',
  },
} as const satisfies Record<string, Setting>

export type SettingKey = keyof typeof settings
export const settingKeys = Object.keys(settings) as readonly SettingKey[]

/** The row of a key, with the optional fields that the const table hides from the type. */
export const settingOf = (key: SettingKey): Setting => settings[key]

/** The environment variable of a key: kafka.group_id → LOGCOLLECTOR_KAFKA_GROUP_ID. */
export const envName = (key: SettingKey): string => `LOGCOLLECTOR_${key.replaceAll('.', '_').toUpperCase()}`
