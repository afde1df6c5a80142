-- What the steps of a pipeline left out on purpose is written into the ledger, in a column that was there before. The
-- tail of an earlier version names none.
set local search_path = logcollector, pg_catalog;

create or replace function commit_tail(tail bytea) returns void
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

  perform add_rollups(doc -> 'rollups');

  insert into ingest_ledger
    (topic_id, kafka_partition, first_offset, next_offset, stored, dead, dropped, skipped, bytes, min_ts, max_ts)
  select topic, kpartition, first, next, stored, dead, coalesce(dropped, 0), skipped, bytes,
    timestamptz 'epoch' + min_us * interval '1 microsecond', timestamptz 'epoch' + max_us * interval '1 microsecond'
  from jsonb_to_recordset(doc -> 'ledger') as x
    (topic smallint, kpartition integer, first bigint, next bigint, stored bigint, dead bigint, dropped bigint,
     skipped bigint, bytes bigint, min_us bigint, max_us bigint);

  insert into dead_letters
    (topic_id, kafka_partition, kafka_offset, kafka_ts, key, raw, headers, encoded, code, sqlstate, reason)
  select topic, kpartition, at_offset, timestamptz 'epoch' + kafka_ms * interval '1 millisecond',
    decode(key, 'base64'), decode(raw, 'base64'), decode(headers, 'base64'), decode(encoded, 'base64'),
    code, sqlstate, reason
  from jsonb_to_recordset(doc -> 'dead') as x
    (topic smallint, kpartition integer, at_offset bigint, kafka_ms bigint, key text, raw text, headers text,
     encoded text, code text, sqlstate text, reason text);
end $$;
