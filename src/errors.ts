/**
 * Every error that LogCollector raises of its own: a code, whether a retry can help, and the way out.
 * Stages turn vendors' errors into these (one function a stage); docs/errors.md lists the table, held to it by a test.
 */

interface ErrorKind {
  readonly retryable: boolean
  /** What happened, for people; the context is appended. */
  readonly meaning: string
  /** What to do about it. */
  readonly remedy: string
}

const kinds = {
  CONFIG_INVALID: {
    retryable: false,
    meaning: 'The configuration is not valid',
    remedy: 'Correct the setting at the place that the message names',
  },
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
  OFFSET_OUT_OF_RANGE: {
    retryable: false,
    meaning: 'The stored position is not in the log of the broker any more (or not yet)',
    remedy:
      'Records between were deleted by retention, or the topic was recreated: see docs/operations.md, "Halted partitions"',
  },
  FINGERPRINT_MISMATCH: {
    retryable: false,
    meaning: 'The Kafka batch before the stored position is not the one that was stored',
    remedy: 'The log was truncated or the topic recreated: see docs/operations.md, "Halted partitions"',
  },
  KAFKA_BATCH_CORRUPT: {
    retryable: false,
    meaning: 'A Kafka batch fails its checksum or its grammar, also when fetched again',
    remedy: 'Check the disk of the broker that leads the partition; the partition is halted before the batch',
  },
  KAFKA_BATCH_UNSUPPORTED: {
    retryable: false,
    meaning:
      'A Kafka batch inflates to more than limits.max_batch_bytes, or is of message format 0 or 1 or an unknown codec',
    remedy:
      'Raise limits.max_batch_bytes where the reason names it; records of formats 0 and 1 (producers from before Kafka 0.11) have to be copied to a new topic by a current producer; the partition is halted before the batch',
  },
  KAFKA_FRAME_TOO_LARGE: {
    retryable: false,
    meaning: 'The broker sends a frame larger than the arena can hold',
    remedy: 'Raise memory.budget or memory.arena, or lower max.message.bytes of the topic',
  },
  KAFKA_REQUEST_FAILED: {
    retryable: true,
    meaning: 'A request to the broker failed',
    remedy: 'None needed if it passes; the error code in the context is Kafka’s',
  },
  KAFKA_TLS_UNTRUSTED: {
    retryable: true,
    meaning: 'The certificate of a broker is not to be trusted',
    remedy:
      'Put the certificate of its authority into the file of kafka.tls.ca_file, or, where the reason speaks of the name, write the name that the certificate has into kafka.tls.server_name',
  },
  KAFKA_TLS_FAILED: {
    retryable: true,
    meaning: 'The TLS handshake with a broker failed',
    remedy:
      'Where the broker asks for a certificate, set kafka.tls.cert_file and kafka.tls.key_file to one that it trusts; and see that the port of kafka.brokers is one that speaks TLS',
  },
  KAFKA_AUTHENTICATION_FAILED: {
    retryable: true,
    meaning: 'A broker refuses our credentials',
    remedy:
      'Correct kafka.sasl.username and kafka.sasl.password (for oauthbearer what stands under kafka.sasl.oauth), or make that user on the brokers; LogCollector tries again by itself',
  },
  KAFKA_MECHANISM_REFUSED: {
    retryable: true,
    meaning: 'The SASL mechanism is not enabled on the broker',
    remedy: 'Set kafka.sasl.mechanism to one that sasl.enabled.mechanisms of the listener names',
  },
  KAFKA_TOKEN_FAILED: {
    retryable: true,
    meaning: 'The identity provider gave no token',
    remedy:
      'Check kafka.sasl.oauth: token_url, client_id, client_secret and scope, and ca_file where the URL’s certificate is not public',
  },
  KAFKA_NOT_AUTHORIZED: {
    retryable: true,
    meaning: 'The brokers know us, but their access list forbids the request',
    remedy:
      'Grant our user Read and Describe on the topics and Read on the group: see docs/kafka.md, "Access"',
  },
  REDIS_UNAVAILABLE: {
    retryable: true,
    meaning: 'Redis does not answer or refuses to be written',
    remedy:
      'None needed for the data, which never depends on Redis; check redis.url and the server’s memory for the mirror',
  },
  TOPIC_MISSING: {
    retryable: true,
    meaning: 'A configured topic does not exist on the brokers',
    remedy: 'Create the topic, or correct kafka.topics; LogCollector looks again by itself',
  },
  WORKER_FAILED: {
    retryable: true,
    meaning: 'A parse worker died or hung',
    remedy: 'None needed: the task is tried again, a record that does it twice goes to dead_letters',
  },
  WORKER_PROTOCOL: {
    retryable: false,
    meaning: 'A parse worker answered what does not fit its task: a fault of LogCollector',
    remedy: 'Please report it; the partition is halted, nothing is lost',
  },
  RESTARTS_EXCEEDED: {
    retryable: false,
    meaning: 'A part failed more often than its restart intensity allows',
    remedy: 'Read the errors before this one; the process exits so that its own supervisor restarts it',
  },
  UNFORESEEN: {
    retryable: false,
    meaning: 'An error that nobody foresaw: a fault of LogCollector',
    remedy: 'Please report it with the log; the partition is halted, nothing is lost, a restart tries again',
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
  HTTP_REQUEST_INVALID: {
    retryable: false,
    meaning: 'The HTTP request is not valid',
    remedy: 'Correct what the message names',
  },
  HTTP_UNAUTHORIZED: {
    retryable: false,
    meaning: 'The request does not carry the right token',
    remedy: 'Send the header "Authorization: Bearer" with the value of http.debug_token',
  },
  HTTP_FORBIDDEN: {
    retryable: false,
    meaning: 'Without a token only requests from this machine are answered',
    remedy: 'Ask from this machine at 127.0.0.1, past any proxy, or set http.debug_token',
  },
  HTTP_NOT_FOUND: {
    retryable: false,
    meaning: 'Nothing is served at this address',
    remedy: 'Check method and path; /debug and what is below it is served only with http.debug',
  },
  HTTP_BUSY: {
    retryable: true,
    meaning: 'A profile or snapshot is being taken, and there is one at a time',
    remedy: 'Ask again when it is done',
  },
  HTTP_FAILED: {
    retryable: false,
    meaning: 'The request failed: a fault of LogCollector',
    remedy: 'Please report it with the message',
  },
  ANOMALY_NOT_SENT: {
    retryable: true,
    meaning: 'An anomaly could not be sent to the webhook or the Alertmanager',
    remedy:
      'Check that the receiver of anomalies.webhook_url or anomalies.alertmanager_url answers with 2xx within five seconds; it is tried again',
  },
  API_KEY_INVALID: {
    retryable: false,
    meaning: 'The request carries no valid API key',
    remedy: 'Send the header "Authorization: Bearer" with a key that "logcollector keys create" printed',
  },
  API_SCOPE_MISSING: {
    retryable: false,
    meaning: 'The API key may not do this',
    remedy: 'Use a key with the scope that the message names: "logcollector keys create --scope"',
  },
  API_NOT_FROM_HERE: {
    retryable: false,
    meaning: 'Without API keys only requests from this machine are answered, and no pages of other sites',
    remedy: 'Ask from this machine at 127.0.0.1, past any proxy, or set http.api.auth to keys',
  },
  API_RATE_EXCEEDED: {
    retryable: true,
    meaning: 'More requests than http.api.rate_limit allows',
    remedy: 'Ask again after the seconds that the header Retry-After names',
  },
  API_BUSY: {
    retryable: true,
    meaning: 'More queries are waiting than http.api.queue allows',
    remedy: 'Ask again after the seconds that the header Retry-After names, or raise http.api.connections',
  },
  QUERY_TIMEOUT: {
    retryable: false,
    meaning: 'Postgres did not answer the query within http.api.statement_timeout',
    remedy: 'Ask for less: a shorter time, a service; or raise the setting',
  },
  QUERY_CANCELLED: {
    retryable: true,
    meaning: 'The query was cancelled, because nobody waits for its answer any more',
    remedy: 'None needed',
  },
  RECORD_NOT_FOUND: {
    retryable: false,
    meaning: 'There is no such record',
    remedy: 'Check topic, partition and offset; what retention removed is gone',
  },
  INTAKE_BODY_TOO_LARGE: {
    retryable: false,
    meaning: 'The body is larger than the intake takes, as sent or decompressed',
    remedy: 'Send fewer records at once (at most 100,000), or raise http.intake.max_body',
  },
  INTAKE_UNSUPPORTED: {
    retryable: false,
    meaning: 'The body is of a kind that the intake does not read',
    remedy: 'Send what the message names: docs/intake.md, "Bodies"',
  },
  INTAKE_TOPIC_UNKNOWN: {
    retryable: false,
    meaning: 'The topic may not be written to over HTTP',
    remedy: 'Use one of http.intake.topics (kafka.topics where that is empty), or add it there',
  },
  INTAKE_PRESSURE: {
    retryable: true,
    meaning: 'The consumers are too far behind to take more in',
    remedy:
      'Send it again after the seconds that the header Retry-After names; the bound is redis.pressure.max_lag',
  },
  INTAKE_FULL: {
    retryable: true,
    meaning: 'The intake holds as many bytes as http.intake.in_flight allows',
    remedy: 'Send it again after the seconds that the header Retry-After names, or raise the setting',
  },
  INTAKE_STOPPING: {
    retryable: true,
    meaning: 'This process is being stopped',
    remedy: 'Send it again: to another process, or when this one is back',
  },
  INTAKE_KEY_BUSY: {
    retryable: true,
    meaning: 'A request with the same Idempotency-Key is still on its way',
    remedy: 'Send it again after the seconds that the header Retry-After names',
  },
  INTAKE_KEY_REUSED: {
    retryable: false,
    meaning: 'The Idempotency-Key came with another body before',
    remedy: 'Make a new key for every body, and use it again only for that',
  },
  INTAKE_UNACKNOWLEDGED: {
    retryable: true,
    meaning: 'Kafka has not acknowledged every record within http.intake.ack_timeout',
    remedy:
      'Send it again after the seconds that the header Retry-After names, with the same Idempotency-Key so that nothing is there twice; the records are listed',
  },
  INTAKE_RECORDS_REFUSED: {
    retryable: false,
    meaning: 'No record of the request can be taken',
    remedy: 'Correct the records that are listed',
  },
  TAIL_FULL: {
    retryable: true,
    meaning: 'As many follow the live tail as http.api.tail_followers allows',
    remedy:
      'Try again when one of them has left, raise the setting, or ask another process with the role api',
  },
  FILTER_INVALID: {
    retryable: false,
    meaning: 'The filter is not valid',
    remedy: 'Correct it at the column that the message names: docs/tail.md, "Filters"',
  },
  API_FAILED: {
    retryable: true,
    meaning: 'The API did not answer the question',
    remedy:
      'Check --url, --key, and that "logcollector run" with the role api is there; the reason says more',
  },
  STACK_PREREQUISITE: {
    retryable: false,
    meaning: 'The machine lacks what the local stack needs',
    remedy: 'Install what the message names',
  },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof kinds
export const errorKinds: Readonly<Record<ErrorCode, ErrorKind>> = kinds

export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>

/** The one error class of LogCollector: decide by `code` and `retryable`, never by message. */
export class PipelineError extends Error {
  readonly code: ErrorCode
  readonly context: ErrorContext

  constructor(code: ErrorCode, context: ErrorContext = {}, cause?: unknown) {
    const kind = errorKinds[code]
    const facts = Object.entries(context).map(([key, value]) => `${key}=${String(value)}`)
    super(`${kind.meaning}${facts.length ? ` (${facts.join(', ')})` : ''}`, { cause })
    this.name = 'PipelineError'
    this.code = code
    this.context = context
  }

  get retryable(): boolean {
    return errorKinds[this.code].retryable
  }

  get remedy(): string {
    return errorKinds[this.code].remedy
  }
}

/** An error of ours as it is; any other as a fault that is named. */
export const named = (error: unknown): PipelineError =>
  error instanceof PipelineError
    ? error
    : new PipelineError('UNFORESEEN', { reason: messageOf(error) }, error)

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
