-- One row a record: its fields as they are, and the whole record as attrs.
create table rsyslog_logs (
  ts       timestamptz,
  level    text,
  service  text,
  host     text,
  trace_id text,
  span_id  text,
  message  text,
  attrs    jsonb
);
