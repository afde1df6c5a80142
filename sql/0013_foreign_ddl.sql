-- A segment that somebody detached or dropped by hand is none any more: it is forgotten, and made anew when rows need it.
-- Otherwise ensure_segment believes that it is there, Postgres finds none, and the partition halts.
set local search_path = logcollector, pg_catalog;

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
    delete from segments s where state in ('live', 'sealing', 'sealed') and tstzrange(from_ts, to_ts) && whole
      and not exists (select from pg_inherits
        where inhparent = 'logcollector.logs'::regclass and inhrelid = to_regclass('logcollector.' || quote_ident(s.segment)));
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
