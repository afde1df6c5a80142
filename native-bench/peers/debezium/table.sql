-- One column a field, no jsonb.
create table debezium_logs (
  ts          timestamptz,
  level       text,
  service     text,
  host        text,
  trace_id    text,
  span_id     text,
  msg         text,
  method      text,
  path        text,
  status      integer,
  bytes       integer,
  duration_ms double precision,
  agent       text,
  id          text
);
