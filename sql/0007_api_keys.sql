-- Keys of the HTTP API (docs/api.md). The secret is random and long, so its plain SHA-256 is enough to keep.

create table logcollector.api_keys (
  id         text        primary key check (id ~ '^[0-9a-z]{12}$'),
  hash       bytea       not null check (octet_length(hash) = 32),
  name       text        not null,
  scopes     text[]      not null check (scopes <@ array['read', 'write', 'admin'] and cardinality(scopes) > 0),
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
