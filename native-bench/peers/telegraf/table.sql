-- What Telegraf would make by itself, made before so that no record waits for it: one column a field, no jsonb.
create table telegraf_logs (
  ts          timestamptz,
  level       text,
  service     text,
  host        text,
  trace_id    text,
  span_id     text,
  msg         text,
  method      text,
  path        text,
  status      double precision,
  bytes       double precision,
  duration_ms double precision,
  agent       text,
  id          text
);
