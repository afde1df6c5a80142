-- The table of the peers: the columns that LogCollector fills, but plain. No partitions, no index, no rollups, no ledger.
create table logs (
  ts              timestamptz not null,
  severity        smallint    not null,
  service         text,
  host            text,
  trace_id        text,
  span_id         text,
  message         text,
  attrs           jsonb       not null,
  kafka_partition integer     not null,
  kafka_offset    bigint      not null
);
