/** What is varied, one dimension at a time; everything else is as in the benchmark of the whole path. */
import type { Codec } from '../../src/codecs/codec.ts'
import type { RecordSource } from '../../src/produce/sources.ts'
import { accessLine, logfmtLine, logLine, newSyslogLine, oldSyslogLine } from '../kernel/input.ts'
import { wellFormedRecords } from '../pipeline/records.ts'
import { linesSource, sizedRecords } from './lines.ts'

export interface Variation {
  readonly dimension: string
  readonly name: string
  /** What the topic holds: variations that agree in it share one. */
  readonly topic: string
  readonly partitions: number
  readonly codec: Codec
  /** Of one record, about: large records are fewer. */
  readonly bytesPerRecord: number
  readonly source: (records: number) => RecordSource
  /** Settings beside the addresses: key=value. `{topic}` stands for the topic's name. */
  readonly settings: readonly string[]
  /** Names that attrs of every row must have: else the settings were not what read the records. */
  readonly attrs: readonly string[]
  /** Run in the empty database before each round; null: nothing. */
  readonly sql: string | null
}

const usual: Variation = {
  dimension: 'default',
  name: 'JSON, 300 bytes, 4 partitions',
  topic: 'default',
  partitions: 4,
  codec: 'none',
  bytesPerRecord: 300,
  source: wellFormedRecords,
  settings: [],
  attrs: [],
  sql: null,
}

const formats = [
  ['logfmt', logfmtLine, 260, 'logfmt', ['method', 'path', 'status']],
  ['access log', accessLine, 186, 'access', ['method', 'path', 'user_agent']],
  ['syslog, RFC 3164', oldSyslogLine, 140, 'syslog', ['facility', 'pid']],
  ['syslog, RFC 5424', newSyslogLine, 210, 'syslog', ['origin@32473.ip', 'pid']],
  ['raw', logLine, 312, 'raw', []],
] as const

/** The combined format once more, by a regular expression in a step. */
const byRegex = JSON.stringify([
  {
    name: 'access',
    topics: ['{topic}'],
    format: 'raw',
    steps: [
      {
        regex: {
          pattern:
            '^(?<client>\\S+) \\S+ \\S+ \\[(?<at>[^\\]]+)\\] "(?<method>\\S+) (?<path>\\S+) [^"]*" (?<status>\\d+) (?<bytes>\\d+)',
        },
      },
    ],
  },
])

const settingsOnly: readonly (readonly [dimension: string, name: string, ...settings: string[]])[] = [
  ['workers', '1', 'workers=1'],
  ['workers', '4', 'workers=4'],
  ['writers', '1', 'postgres.writers=1'],
  ['writers', '4', 'postgres.writers=4'],
  ['arena', '32 MiB', 'memory.arena=32MiB'],
  ['arena', 'what a budget of 1 GiB leaves', 'memory.budget=1GiB'],
  ['transactions', 'at most 4 MiB', 'sink.transaction_bytes=4MiB'],
  ['redis and API', 'role consume alone', 'roles=consume'],
]

const index = (definition: string): string => `create index on logcollector.logs using ${definition};`
const serviceIndex = index('btree (service, severity, ts)')

/** The table's one index is BRIN on ts; those of sealed segments, if they were there while rows stream in. */
const indexSets = [
  ['none', 'drop index logcollector.logs_ts'],
  ['BRIN, service', serviceIndex],
  [
    'BRIN, service, trace, attrs',
    serviceIndex + index('btree (trace_id) where trace_id is not null') + index('gin (attrs jsonb_path_ops)'),
  ],
] as const

export const variations: readonly Variation[] = [
  usual,
  ...formats.map(([name, lineOf, bytesPerRecord, format, attrs]) => ({
    ...usual,
    dimension: 'format',
    name,
    topic: name.replaceAll(/\W+/g, '-'),
    bytesPerRecord,
    source: (records: number) => linesSource(records, lineOf),
    settings: [`parse.format=${format}`],
    attrs,
  })),
  {
    ...usual,
    dimension: 'format',
    name: 'access log, by a regular expression',
    topic: 'access-log',
    bytesPerRecord: 186,
    source: records => linesSource(records, accessLine),
    settings: [`pipelines=${byRegex}`],
    attrs: ['client', 'at', 'method', 'path', 'status', 'bytes'],
  },
  ...[100, 1_000, 10_000].map(bytes => ({
    ...usual,
    dimension: 'record size',
    name: bytes < 1_000 ? `${bytes} bytes` : `${bytes / 1_000} kB`,
    topic: `bytes-${bytes}`,
    bytesPerRecord: bytes,
    source: (records: number) => sizedRecords(records, bytes),
  })),
  ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).map(codec => ({
    ...usual,
    dimension: 'compression',
    name: codec,
    topic: codec,
    codec,
  })),
  ...[1, 16, 64].map(partitions => ({
    ...usual,
    dimension: 'partitions',
    name: String(partitions),
    topic: `partitions-${partitions}`,
    partitions,
  })),
  ...settingsOnly.map(([dimension, name, ...settings]) => ({ ...usual, dimension, name, settings })),
  ...indexSets.map(([name, sql]) => ({ ...usual, dimension: 'indexes', name, sql })),
]
