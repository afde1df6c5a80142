-- The table of the peers: columns, partitions by day (UTC) and index as LogCollector's logs has them, but without the
-- topic's number; yesterday to the day after tomorrow. No rollups, ledger or positions.
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
) partition by range (ts);

create index logs_ts on logs using brin (ts);

do $$
declare
  today timestamptz := date_trunc('day', now(), 'UTC');
  begins timestamptz;
begin
  for begins in select today + n * interval '24 hours' from generate_series(-1, 2) as n loop
    execute format('create table %I partition of logs for values from (%L) to (%L)',
      'logs_' || to_char(begins at time zone 'UTC', 'YYYYMMDD'), begins, begins + interval '24 hours');
  end loop;
end $$;
