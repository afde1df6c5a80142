-- Storage that looks after itself: states of segments, what retention removed, and a ledger that stays small.
-- Who does it: src/store/storage/; docs/storage.md.

set local search_path = logcollector, pg_catalog;

-- live: rows stream in. sealing, sealed: its time is over, search indexes are being built, are there.
-- detaching, detached: on its way out; a detached one is a table of its own, and no part of logs any more.
alter table segments
  add column state         text not null default 'live'
    check (state in ('live', 'sealing', 'sealed', 'detaching', 'detached')),
  add column sealed_at     timestamptz,
  -- Names of storage.indexes that it has.
  add column indexes       text[] not null default '{}',
  -- Size of its rows when it was last seen to grow, and when that was.
  add column watched_bytes bigint not null default 0,
  add column watched_at    timestamptz,
  -- Why it goes.
  add column removal       text check (removal in ('age', 'size'));

-- Rows that retention removed, counted at the ledger's row that holds them: whatever part of the ledger one looks at,
-- what it stored is what is there and what is counted here.
create table removed_rows (
  topic_id        smallint not null,
  kafka_partition integer  not null,
  first_offset    bigint   not null,
  rows            bigint   not null,
  primary key (topic_id, kafka_partition, first_offset)
);

-- One row a segment that was dropped; rollups of its time have no rows any more to be compared with.
create table removed_segments (
  segment    text        not null,
  from_ts    timestamptz not null,
  to_ts      timestamptz not null,
  rows       bigint      not null,
  bytes      bigint      not null,
  reason     text        not null,
  removed_at timestamptz not null default now()
);

-- Makes what is missing of the segment that holds `start`: where the width was changed, only the time between its
-- neighbours. CREATE (LIKE) and ATTACH, because that pair alone does not wait behind an open COPY. Returns the names
-- of what was made, or null. 55P03 while a segment of that time is on its way out: it passes.
create or replace function ensure_segment(start timestamptz, hours integer) returns text
language plpgsql security definer set search_path = logcollector, pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
  whole tstzrange := tstzrange(start, start + hours * interval '1 hour');
  missing tstzmultirange;
  gap tstzrange;
  base text;
  name text;
  made text[] := '{}';
begin
  for turn in 1..2 loop
    select tstzmultirange(whole) - coalesce(range_agg(tstzrange(from_ts, to_ts)), '{}') into missing
    from segments where state <> 'detached' and tstzrange(from_ts, to_ts) && whole;
    if exists (select from segments where state = 'detaching' and tstzrange(from_ts, to_ts) && whole) then
      raise exception 'a segment of % is being detached', start using errcode = 'lock_not_available';
    end if;
    if isempty(missing) then return null; end if;
    -- Somebody else may have been faster: look again when nobody is.
    if turn = 1 then perform pg_advisory_xact_lock(hashtext('logcollector.segments')); end if;
  end loop;
  for gap in select unnest(missing) loop
    base := 'logs_' || to_char(lower(gap), case when hours = 24 then 'YYYYMMDD' else 'YYYYMMDD"_"HH24' end);
    name := base;
    -- The table of a segment that was detached keeps its name until it is dropped.
    for copy in 2..100 loop
      exit when to_regclass(quote_ident(name)) is null;
      name := base || '_' || copy;
    end loop;
    execute format('create table %I (like logs including all excluding indexes)', name);
    execute format('alter table logs attach partition %I for values from (%L) to (%L)', name, lower(gap), upper(gap));
    insert into segments (segment, from_ts, to_ts) values (name, lower(gap), upper(gap));
    made := made || name;
  end loop;
  return array_to_string(made, ', ');
end $$;

-- Adjacent rows of the ledger become one for each hour in which they were committed, and for each day before
-- `days_before`. Only what was committed before `hours_before` is touched. Returns how many rows it saved.
create function merge_ledger(hours_before timestamptz, days_before timestamptz) returns bigint
language sql set search_path = logcollector, pg_catalog set timezone = 'UTC' as $$
  with placed as (
    select topic_id, kafka_partition, first_offset, next_offset,
      date_trunc(case when committed_at < days_before then 'day' else 'hour' end, committed_at) as period
    from ingest_ledger where committed_at < hours_before
  ),
  marked as (
    select *, (first_offset = lag(next_offset) over part and period = lag(period) over part) is not true as is_head
    from placed window part as (partition by topic_id, kafka_partition order by first_offset)
  ),
  numbered as (
    select *, count(*) filter (where is_head) over (partition by topic_id, kafka_partition order by first_offset) as run
    from marked
  ),
  runs as (
    select topic_id, kafka_partition, min(first_offset) as head, max(next_offset) as next
    from numbered group by topic_id, kafka_partition, run having count(*) > 1
  ),
  taken as (
    delete from ingest_ledger l using runs r
    where l.topic_id = r.topic_id and l.kafka_partition = r.kafka_partition
      and l.first_offset >= r.head and l.first_offset < r.next
    returning r.head, l.*
  ),
  merged as (
    insert into ingest_ledger (topic_id, kafka_partition, first_offset, next_offset, stored, dead, dropped, expired,
      skipped, gap, bytes, min_ts, max_ts, committed_at)
    select topic_id, kafka_partition, head, max(next_offset), sum(stored), sum(dead), sum(dropped), sum(expired),
      sum(skipped), sum(gap), sum(bytes), min(min_ts), max(max_ts), max(committed_at)
    from taken group by topic_id, kafka_partition, head
    returning 1
  )
  select (select count(*) from taken) - (select count(*) from merged)
$$;
revoke execute on function merge_ledger(timestamptz, timestamptz) from public;
