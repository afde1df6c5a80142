-- For docker-compose.yml: the roles that only look, made or brought up to what .env says; safe to run again.
-- logcollector migrate --reader grants the first one what it may read. Run by psql, with the variables below.
\set ON_ERROR_STOP on
\getenv reader READER
\getenv reader_password READER_PASSWORD
\getenv monitor MONITOR
\getenv monitor_password MONITOR_PASSWORD

select format('create role %I', name) from (values (:'reader'), (:'monitor')) as r (name)
where not exists (select from pg_roles where rolname = name) \gexec
-- Nothing but a login: not the right to make tables in public, either.
select format('alter role %I login nosuperuser nocreatedb nocreaterole password %L', name, password)
from (values (:'reader', :'reader_password'), (:'monitor', :'monitor_password')) as r (name, password) \gexec
-- For the exporter: statistics of the server, and no row of a table.
select format('grant pg_monitor to %I', :'monitor') \gexec
