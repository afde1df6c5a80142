-- Offsets that the broker deleted before they were stored, where kafka.on_gap allows to pass them; and the id that the
-- brokers gave a topic, by which one that was deleted and made anew is told apart.
set local search_path = logcollector, pg_catalog;

create table offset_gaps (
  topic_id        smallint    not null references topics,
  kafka_partition integer     not null,
  first_offset    bigint      not null,
  next_offset     bigint      not null,
  reason          text        not null,
  at              timestamptz not null default now(),
  primary key (topic_id, kafka_partition, first_offset),
  check (next_offset > first_offset)
);

-- Passes a gap: position, ledger and gap in one transaction, under the same check as every commit.
create function record_gap(
  topic smallint, kpartition integer, token uuid, expected bigint, next bigint, reason text
) returns void language plpgsql set search_path = logcollector, pg_catalog as $$
begin
  perform commit_offset(topic, kpartition, token, expected, next, null, null);
  insert into ingest_ledger
    (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, gap, bytes)
  values (topic, kpartition, expected, next, 0, 0, 0, next - expected, 0);
  insert into offset_gaps (topic_id, kafka_partition, first_offset, next_offset, reason)
  values (topic, kpartition, expected, next, reason);
end $$;

-- Null: stored before this column was there, or by a broker that gives no ids.
alter table topics add column kafka_topic_id uuid;
