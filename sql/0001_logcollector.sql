-- The schema of LogCollector: what is stored (logs, dead_letters), how far (offsets), and the proof (ingest_ledger).
-- Run by "logcollector migrate" in one transaction, as the owner. Meaning of every table: docs/architecture.md.

create schema logcollector;
set local search_path = logcollector, pg_catalog;

-- One row per topic as one group of one cluster reads it. A topic that was recreated is a new incarnation.
create table topics (
  topic_id    smallint generated always as identity primary key,
  cluster_id  text        not null,
  group_id    text        not null,
  topic       text        not null,
  incarnation integer     not null default 0,
  created_at  timestamptz not null default now(),
  unique (cluster_id, group_id, topic, incarnation)
);

-- The position: the only one that is ever read. Updated by every transaction, so pages keep room for new versions.
create table offsets (
  topic_id           smallint    not null references topics,
  kafka_partition    integer     not null,
  start_offset       bigint      not null,
  next_offset        bigint      not null,
  owner_token        uuid,
  -- A Kafka batch at or shortly before next_offset - 1: base offset and CRC-32C; null: none known, no check.
  fingerprint_offset bigint,
  fingerprint_crc    bigint,
  updated_at         timestamptz not null default now(),
  primary key (topic_id, kafka_partition),
  check (next_offset >= start_offset)
) with (fillfactor = 50);

-- Column names and meanings follow the OpenTelemetry log data model; the order is the kernel's.
create table logs (
  ts              timestamptz not null,
  severity        smallint    not null,
  service         text,
  host            text,
  trace_id        text,
  span_id         text,
  message         text,
  attrs           jsonb       not null,
  topic_id        smallint    not null,
  kafka_partition integer     not null,
  kafka_offset    bigint      not null
) partition by range (ts);

-- The one index that costs nothing measurable while rows stream in.
create index logs_ts on logs using brin (ts);

-- Time partitions of logs.
create table segments (
  segment    text        primary key,
  from_ts    timestamptz not null,
  to_ts      timestamptz not null,
  created_at timestamptz not null default now(),
  check (from_ts < to_ts)
);

-- Records and bytes per minute; the Kafka partition is in the key so that no two writers meet in a row.
create table log_rollup_1m (
  bucket          timestamptz not null,
  service         text        not null,
  severity        smallint    not null,
  topic_id        smallint    not null,
  kafka_partition integer     not null,
  records         bigint      not null,
  bytes           bigint      not null,
  primary key (bucket, service, severity, topic_id, kafka_partition)
) with (fillfactor = 70);

-- What each transaction did to each partition: the ranges are adjacent and the sums agree, or something is wrong.
create table ingest_ledger (
  topic_id        smallint    not null,
  kafka_partition integer     not null,
  first_offset    bigint      not null,
  next_offset     bigint      not null,
  stored          bigint      not null,
  dead            bigint      not null,
  dropped         bigint      not null default 0,
  expired         bigint      not null default 0,
  skipped         bigint      not null,
  gap             bigint      not null default 0,
  bytes           bigint      not null,
  min_ts          timestamptz,
  max_ts          timestamptz,
  committed_at    timestamptz not null default now(),
  primary key (topic_id, kafka_partition, first_offset),
  check (next_offset - first_offset = stored + dead + dropped + expired + skipped + gap)
);

-- What was committed lately is looked at again and again; rows come in the order of time, so this costs nothing.
create index ingest_ledger_committed on ingest_ledger using brin (committed_at) with (autosummarize = on);

-- Records that are no row of logs, with their bytes and the reason; raw is null where the broker had it no more.
create table dead_letters (
  topic_id        smallint    not null,
  kafka_partition integer     not null,
  kafka_offset    bigint      not null,
  kafka_ts        timestamptz,
  key             bytea,
  raw             bytea,
  -- UTF-8 JSON: [[name, base64 of the value or null], ...]
  headers         bytea,
  -- The encoded row, kept where raw is not to be had.
  encoded         bytea,
  code            text        not null,
  sqlstate        text,
  reason          text        not null,
  at              timestamptz not null default now(),
  replayed_at     timestamptz,
  primary key (topic_id, kafka_partition, kafka_offset)
);

-- Moves one position. LC001 unless the token and the expected position both stand there: a transaction that
-- was overtaken cannot pass its COMMIT.
create function commit_offset(
  topic smallint, kpartition integer, token uuid, expected bigint, next bigint, print_offset bigint, print_crc bigint
) returns void language plpgsql set search_path = logcollector, pg_catalog as $$
begin
  update offsets set
    next_offset = next, fingerprint_offset = print_offset, fingerprint_crc = print_crc, updated_at = now()
  where topic_id = topic and kafka_partition = kpartition and owner_token = token and next_offset = expected;
  if not found then
    raise exception 'position of partition % of topic % is not ours to move', kpartition, topic using
      errcode = 'LC001',
      detail = (select format('partition %s, token %s, next %s', kafka_partition, owner_token, next_offset)
                from offsets where topic_id = topic and kafka_partition = kpartition);
  end if;
end $$;

-- Everything of a transaction but its rows, in one call: positions, rollups, ledger, dead letters. The positions come
-- first: who was overtaken must hear LC001, not that the new owner's ledger rows are in the way.
-- `tail` is UTF-8 JSON, sent as a bytea literal: no text of a record is ever part of a statement.
create function commit_tail(tail bytea) returns void
language plpgsql set search_path = logcollector, pg_catalog as $$
declare
  doc jsonb := convert_from(tail, 'UTF8')::jsonb;
  moved record;
begin
  for moved in
    select * from jsonb_to_recordset(doc -> 'offsets') as x
      (topic smallint, kpartition integer, token uuid, expected bigint, next bigint, print_offset bigint, print_crc bigint)
    order by topic, kpartition
  loop
    perform commit_offset(moved.topic, moved.kpartition, moved.token, moved.expected, moved.next,
      moved.print_offset, moved.print_crc);
  end loop;

  insert into log_rollup_1m as r (bucket, service, severity, topic_id, kafka_partition, records, bytes)
  select timestamptz 'epoch' + minute * interval '1 minute', service, severity, topic, kpartition, sum(records), sum(bytes)
  from jsonb_to_recordset(doc -> 'rollups') as x
    (minute bigint, service text, severity smallint, topic smallint, kpartition integer, records bigint, bytes bigint)
  group by minute, service, severity, topic, kpartition
  order by minute, service, severity, topic, kpartition
  on conflict (bucket, service, severity, topic_id, kafka_partition)
  do update set records = r.records + excluded.records, bytes = r.bytes + excluded.bytes;

  insert into ingest_ledger
    (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes, min_ts, max_ts)
  select topic, kpartition, first, next, stored, dead, skipped, bytes,
    timestamptz 'epoch' + min_us * interval '1 microsecond', timestamptz 'epoch' + max_us * interval '1 microsecond'
  from jsonb_to_recordset(doc -> 'ledger') as x
    (topic smallint, kpartition integer, first bigint, next bigint, stored bigint, dead bigint, skipped bigint,
     bytes bigint, min_us bigint, max_us bigint);

  insert into dead_letters
    (topic_id, kafka_partition, kafka_offset, kafka_ts, key, raw, headers, encoded, code, sqlstate, reason)
  select topic, kpartition, at_offset, timestamptz 'epoch' + kafka_ms * interval '1 millisecond',
    decode(key, 'base64'), decode(raw, 'base64'), decode(headers, 'base64'), decode(encoded, 'base64'),
    code, sqlstate, reason
  from jsonb_to_recordset(doc -> 'dead') as x
    (topic smallint, kpartition integer, at_offset bigint, kafka_ms bigint, key text, raw text, headers text,
     encoded text, code text, sqlstate text, reason text);
end $$;

-- Makes the segment that holds `start`, unless one does. CREATE (LIKE) and ATTACH, because that pair alone does not
-- wait behind an open COPY. Returns the name of what was made, or null.
create function ensure_segment(start timestamptz, hours integer) returns text
language plpgsql security definer set search_path = logcollector, pg_catalog set timezone = 'UTC' as $$
declare
  lower_bound timestamptz := start;
  upper_bound timestamptz := start + hours * interval '1 hour';
  name text := 'logs_' || to_char(start, case when hours = 24 then 'YYYYMMDD' else 'YYYYMMDD"_"HH24' end);
begin
  if exists (select from segments where from_ts <= start and start < to_ts) then return null; end if;
  perform pg_advisory_xact_lock(hashtext('logcollector.segments'));
  if exists (select from segments where from_ts <= start and start < to_ts) then return null; end if;
  -- The width may have changed: never reach into a neighbour.
  select coalesce(min(from_ts), upper_bound) into upper_bound from segments where from_ts > start and from_ts < upper_bound;
  execute format('create table %I (like logs including all excluding indexes)', name);
  execute format('alter table logs attach partition %I for values from (%L) to (%L)', name, lower_bound, upper_bound);
  insert into segments (segment, from_ts, to_ts) values (name, lower_bound, upper_bound);
  return name;
end $$;
revoke execute on function ensure_segment(timestamptz, integer) from public;
