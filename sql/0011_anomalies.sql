-- Anomalies in the rollups, and how far the rollups were looked at. Who does it: src/anomalies/; docs/anomalies.md.

set local search_path = logcollector, pg_catalog;

create table anomalies (
  anomaly_id       bigint generated always as identity primary key,
  kind             text        not null
    check (kind in ('error_rate', 'volume_spike', 'volume_drop', 'silent', 'new_service', 'new_severity')),
  service          text        not null,
  -- Of new_severity.
  severity         smallint,
  -- The first minute that is not as expected, and the first that is again.
  since            timestamptz not null,
  until            timestamptz,
  found_at         timestamptz not null default now(),
  resolved_at      timestamptz,
  -- Standard deviations of what was expected.
  score            double precision,
  -- Records a minute; of error_rate: errors a minute.
  expected         double precision not null,
  observed         double precision not null,
  -- Positions of records: [{ topic, partition, offset, ts }, ...]
  examples         jsonb       not null default '[]',
  -- The webhook: 0 nothing was sent, 1 that it is open, 2 that it is resolved; when it is tried next, and how often it was.
  webhook_sent     smallint    not null default 0,
  webhook_due      timestamptz not null default now(),
  webhook_attempts integer     not null default 0,
  check ((until is null) = (resolved_at is null))
);

-- What is the same anomaly is there once as long as it is open.
create unique index anomalies_open on anomalies (kind, service, coalesce(severity, -1)) where resolved_at is null;
create index anomalies_found on anomalies (found_at);

-- One row: every minute before this was looked at.
create table anomaly_watch (
  only_one boolean     primary key default true check (only_one),
  until    timestamptz not null
);
