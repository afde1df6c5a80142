-- Dead letters that get another chance: what became of each attempt, and what was removed. docs/dead-letters.md.

alter table logcollector.dead_letters
  add column attempts     integer not null default 0,
  add column attempted_at timestamptz,
  -- Why the last attempt left it where it is.
  add column last_reason  text,
  -- The time of its row in logs, so that verify knows where to look.
  add column replayed_ts  timestamptz;

-- Dead letters that somebody purged, counted at the ledger's row that holds them: whatever part of the ledger one looks
-- at, its dead letters are those that are there and those that are counted here.
create table logcollector.dead_letters_purged (
  topic_id        smallint not null,
  kafka_partition integer  not null,
  first_offset    bigint   not null,
  purged          bigint   not null,
  -- Of these: with a row in logs.
  replayed        bigint   not null,
  -- Least time of those rows.
  replayed_min_ts timestamptz,
  primary key (topic_id, kafka_partition, first_offset),
  check (replayed <= purged)
);

-- Adds to the rollups what a transaction or replayed letters bring, in one order for all. `added` is
-- an array of { minute, service, severity, topic, kpartition, records, bytes }.
create function logcollector.add_rollups(added jsonb) returns void
language sql set search_path = logcollector, pg_catalog as $$
  insert into log_rollup_1m as r (bucket, service, severity, topic_id, kafka_partition, records, bytes)
  select timestamptz 'epoch' + minute * interval '1 minute', service, severity, topic, kpartition, sum(records), sum(bytes)
  from jsonb_to_recordset(added) as x
    (minute bigint, service text, severity smallint, topic smallint, kpartition integer, records bigint, bytes bigint)
  group by minute, service, severity, topic, kpartition
  order by minute, service, severity, topic, kpartition
  on conflict (bucket, service, severity, topic_id, kafka_partition)
  do update set records = r.records + excluded.records, bytes = r.bytes + excluded.bytes;
$$;

-- Deletes these dead letters and counts them; returns how many there were. Whoever replays one at the moment is
-- waited for.
create function logcollector.purge_dead_letters(topics smallint[], kpartitions integer[], koffsets bigint[])
returns bigint language plpgsql set search_path = logcollector, pg_catalog as $$
declare
  removed bigint;
begin
  with gone as (
    delete from dead_letters d using unnest(topics, kpartitions, koffsets) as x (topic, kpartition, koffset)
    where d.topic_id = x.topic and d.kafka_partition = x.kpartition and d.kafka_offset = x.koffset
    returning d.topic_id, d.kafka_partition, d.kafka_offset, d.replayed_at, d.replayed_ts
  ),
  counted as (
    insert into dead_letters_purged as p
      (topic_id, kafka_partition, first_offset, purged, replayed, replayed_min_ts)
    select g.topic_id, g.kafka_partition, l.first_offset, count(*), count(g.replayed_at), min(g.replayed_ts)
    from gone g cross join lateral (
      select first_offset from ingest_ledger l
      where l.topic_id = g.topic_id and l.kafka_partition = g.kafka_partition and l.first_offset <= g.kafka_offset
      order by first_offset desc limit 1
    ) as l
    group by g.topic_id, g.kafka_partition, l.first_offset
    order by g.topic_id, g.kafka_partition, l.first_offset
    on conflict (topic_id, kafka_partition, first_offset) do update set
      purged = p.purged + excluded.purged,
      replayed = p.replayed + excluded.replayed,
      replayed_min_ts = least(p.replayed_min_ts, excluded.replayed_min_ts)
  )
  select count(*) into removed from gone;
  return removed;
end $$;
