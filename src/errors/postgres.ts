/** What goes wrong between us and Postgres: connections, the schema, rows and positions. Neighbours: ../errors.ts has them all. */
import type { ErrorKind } from './kind.ts'

export const postgresErrors = {
  POSTGRES_UNAVAILABLE: {
    retryable: true,
    meaning: 'Postgres does not answer or closed the connection',
    remedy: 'Check that the server in postgres.url runs; LogCollector retries by itself',
  },
  POSTGRES_NOT_READY: {
    retryable: true,
    meaning: 'Postgres refuses the statement: schema, database or privilege is missing',
    remedy:
      'Run "logcollector migrate" as the owner, and grant the role of postgres.url what docs/operations.md lists',
  },
  POSTGRES_TRANSIENT: {
    retryable: true,
    meaning: 'Postgres could not do it now (lock, deadlock, shutdown, no room)',
    remedy: 'None needed if it passes; the SQLSTATE in the context names the resource',
  },
  POSTGRES_FULL: {
    retryable: true,
    meaning: 'Postgres has no room left on its disk; nothing is taken in until it has',
    remedy:
      'Make room: enlarge the disk, or set storage.retention or storage.max_size; LogCollector goes on by itself',
  },
  STORAGE_NOT_OWNED: {
    retryable: false,
    meaning:
      'The role may not seal or remove segments, since it does not own the tables; rows are stored all the same',
    remedy: 'Let one instance run as the owner of the tables; see docs/storage.md, "Who does it"',
  },
  TEXT_INDEX_UNAVAILABLE: {
    retryable: false,
    meaning:
      'storage.text_index is on, and segments are sealed without a trigram index, since pg_trgm cannot be used',
    remedy:
      'Run "create extension pg_trgm" in the database as a role that may (the package is postgresql-contrib), or set storage.text_index to auto or off',
  },
  POSTGRES_READ_ONLY: {
    retryable: true,
    meaning: 'No server of postgres.url takes writes',
    remedy:
      'Name the primary too, or promote a standby; LogCollector asks every host again by itself (docs/postgres.md, "Several hosts")',
  },
  POSTGRES_TLS: {
    retryable: true,
    meaning: 'No connection to Postgres that sslmode accepts',
    remedy:
      'Compare sslmode, sslrootcert, sslcert and sslkey in postgres.url with the certificate of the server: docs/postgres.md, "TLS"',
  },
  POSTGRES_POOLER: {
    retryable: true,
    meaning:
      'Postgres is behind a pooler in transaction mode, where neither settings nor backends stay with a connection',
    remedy:
      'Give LogCollector a database of the pooler with pool_mode = session, or connect to Postgres itself: docs/postgres.md, "Poolers"',
  },
  SCHEMA_BEHIND: {
    retryable: true,
    meaning: 'The tables are not those of this version, and the role of postgres.url may not change them',
    remedy: 'Run "logcollector migrate" as their owner; LogCollector goes on by itself',
  },
  MIGRATION_CHANGED: {
    retryable: false,
    meaning: 'A migration that was applied to the database is not the file that this version has',
    remedy: 'Put the file back as it was released: what the schema needs more goes into a new migration',
  },
  ROLE_UNSUITABLE: {
    retryable: false,
    meaning: 'The role cannot be given the rights of a writer or a reader',
    remedy:
      'Name a role that exists, owns nothing of LogCollector and is no superuser: docs/postgres.md, "Roles"',
  },
  ROW_REFUSED: {
    retryable: false,
    meaning: 'Postgres refuses the data of one row',
    remedy: 'None needed: the record is in dead_letters with the reason',
  },
  REFUSALS_SYSTEMATIC: {
    retryable: false,
    meaning: 'Postgres refuses so many rows that a setting or a constraint must be wrong',
    remedy: 'Look at the latest dead letters for the reason, mend the table or the setting, restart',
  },
  COPY_MALFORMED: {
    retryable: false,
    meaning: 'Postgres could not read the COPY stream that we made: a fault of LogCollector',
    remedy: 'Please report it with the sample that the log names; the partition is halted, nothing is lost',
  },
  COMMIT_REFUSED: {
    retryable: false,
    meaning: 'Postgres refused the tail of a transaction (ledger, rollups, dead letters or offsets)',
    remedy: 'Read the reason; the partition is halted, nothing is lost',
  },
  POSITION_UNEXPECTED: {
    retryable: false,
    meaning: 'The stored position is ahead of everything that this process sent',
    remedy: 'Somebody changed logcollector.offsets by hand, or another group shares it: compare and restart',
  },
  SCHEMA_AHEAD: {
    retryable: false,
    meaning: 'The database was migrated by a newer version of LogCollector',
    remedy: 'Run that version or a newer one',
  },
  COLUMN_TYPE_DIFFERS: {
    retryable: false,
    meaning: 'A column of the setting columns is in the table logs with another type',
    remedy: 'Write the type that the table has, or another name; LogCollector changes and drops no column',
  },
  VERIFY_FAILED: {
    retryable: false,
    meaning: 'The stored data does not agree with the ledger',
    remedy: 'The findings name the partition and range; see docs/operations.md, "Verify"',
  },
} as const satisfies Record<string, ErrorKind>
