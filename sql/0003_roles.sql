-- Roles with the least rights: who has which, so that later migrations grant them what is new.
-- Rights themselves: "logcollector migrate --writer NAME --reader NAME" (src/store/grants.ts).

set local search_path = logcollector, pg_catalog;

create table database_roles (
  role       text        primary key,
  kind       text        not null check (kind in ('writer', 'reader')),
  granted_at timestamptz not null default now()
);

-- It runs with its owner's rights. Unless pg_temp stands last, it is searched first, and a caller's temporary table with
-- the name of one of ours, and a trigger of the caller's, would run as the owner.
alter function ensure_segment(timestamptz, integer) set search_path = logcollector, pg_catalog, pg_temp;
