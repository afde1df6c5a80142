/** The board Postgres: what the segments take, how they are sealed, and how the server does. */
import type { Board } from './board.ts'
import type { Figure } from './panels.ts'

const here = 'instance=~"$instance"'
const NONE = 'none'

const stat = (title: string, unit: string, description: string, sql: string): Figure => ({
  kind: 'stat',
  title,
  description,
  unit,
  width: 6,
  queries: [{ sql }],
})

const segments: readonly Figure[] = [
  {
    kind: 'lines',
    title: 'Size of the segments',
    description: 'By state: rows with what belongs to them, and indexes.',
    unit: 'bytes',
    width: 12,
    queries: [
      {
        expr: `max by (state, part) (logcollector_segment_bytes{${here}})`,
        legend: '{{part}}, {{state}}',
      },
    ],
  },
  {
    kind: 'lines',
    title: 'Segments',
    description: 'How many there are, by state.',
    unit: 'short',
    width: 12,
    queries: [{ expr: `max by (state) (logcollector_segments{${here}})`, legend: '{{state}}' }],
  },
  {
    kind: 'table',
    title: 'Newest segments',
    description: 'Segments from the newest on, with their sizes now.',
    unit: 'short',
    width: 24,
    columns: { rows: [{ id: 'unit', value: 'bytes' }], indexes: [{ id: 'unit', value: 'bytes' }] },
    queries: [
      {
        sql: `select segment, state, from_ts, to_ts, sealed_at, array_to_string(s.indexes, ', ') as "indexes built",
  pg_table_size(to_regclass('logcollector.' || quote_ident(segment)))::float8 as rows,
  pg_indexes_size(to_regclass('logcollector.' || quote_ident(segment)))::float8 as indexes
from logcollector.segments s
order by from_ts desc limit 100`,
      },
    ],
  },
]

const sealing: readonly Figure[] = [
  {
    kind: 'lines',
    title: 'Index builds',
    description: 'Mean time to build a search index of a segment.',
    unit: 's',
    width: 8,
    quiet: NONE,
    queries: [
      {
        expr: `sum by (index) (increase(logcollector_index_build_seconds_sum{${here}}[$__rate_interval])) / (sum by (index) (increase(logcollector_index_build_seconds_count{${here}}[$__rate_interval])) > 0)`,
        legend: '{{index}}',
      },
    ],
  },
  {
    kind: 'table',
    title: 'Being built',
    description:
      'Indexes that Postgres builds at this moment; as a reader without pg_read_all_stats only its own.',
    unit: 'short',
    width: 8,
    quiet: NONE,
    queries: [
      {
        sql: `select relid::regclass::text as segment, index_relid::regclass::text as index, phase,
  (100.0 * blocks_done / nullif(blocks_total, 0))::float8 as percent
from pg_stat_progress_create_index where datname = current_database()`,
      },
    ],
  },
  {
    kind: 'table',
    title: 'Removed segments',
    description: 'Segments that retention dropped, the latest first.',
    unit: 'short',
    width: 8,
    quiet: NONE,
    columns: { bytes: [{ id: 'unit', value: 'bytes' }] },
    queries: [
      {
        sql: `select removed_at, segment, reason, rows::float8 as rows, bytes::float8 as bytes
from logcollector.removed_segments order by removed_at desc limit 100`,
      },
    ],
  },
]

const server: readonly Figure[] = [
  stat(
    'Database',
    'bytes',
    'Size of the whole database on disk.',
    'select pg_database_size(current_database())::float8 as bytes',
  ),
  stat(
    'WAL',
    'Bps',
    'Transaction log written a second, as the mean since the statistics were reset.',
    `select (wal_bytes / greatest(extract(epoch from now() - stats_reset), 1))::float8 as "bytes a second" from pg_stat_wal`,
  ),
  stat(
    'Cache',
    'percentunit',
    'Share of the blocks that were found in shared_buffers, since the statistics were reset.',
    `select (blks_hit::numeric / greatest(blks_hit + blks_read, 1))::float8 as hits
from pg_stat_database where datname = current_database()`,
  ),
  stat(
    'Old versions of positions',
    'short',
    'Dead rows of offsets: thousands mean that somebody holds a transaction open.',
    `select n_dead_tup::float8 as rows from pg_stat_user_tables
where schemaname = 'logcollector' and relname = 'offsets'`,
  ),
  {
    kind: 'lines',
    title: 'Other tables',
    description: 'Size of the tables beside logs that grow, with their indexes.',
    unit: 'bytes',
    width: 12,
    queries: [{ expr: `max by (table) (logcollector_table_bytes{${here}})`, legend: '{{table}}' }],
  },
  {
    kind: 'lines',
    title: 'Oldest snapshot',
    description:
      'Age of the oldest transaction that keeps old versions of rows alive: after minutes it slows every writer down.',
    unit: 's',
    width: 12,
    queries: [
      {
        expr: `max by (instance) (logcollector_oldest_snapshot_age_seconds{${here}})`,
        legend: '{{instance}}',
      },
    ],
  },
  {
    kind: 'lines',
    title: 'Transaction log and checkpoints',
    description: 'Size of pg_wal on disk, by the Postgres exporter where there is one.',
    unit: 'bytes',
    width: 12,
    quiet: 'no exporter',
    queries: [{ expr: 'pg_wal_size_bytes', legend: '{{instance}}' }],
  },
  {
    kind: 'lines',
    title: 'Connections',
    description: 'Connections by state, by the Postgres exporter where there is one.',
    unit: 'short',
    width: 12,
    quiet: 'no exporter',
    queries: [{ expr: 'sum by (state) (pg_stat_activity_count)', legend: '{{state}}' }],
  },
]

export const postgres: Board = {
  uid: 'logcollector-postgres',
  title: 'Postgres',
  description: 'What the segments take, how they are sealed, and how the server does.',
  variables: ['instance'],
  rows: { Segments: segments, 'Sealing and retention': sealing, Server: server },
}
