/** What is wrong with a question over HTTP, or keeps us from its answer. Neighbour: ../errors.ts has them all. */
import type { ErrorKind } from './kind.ts'

export const httpErrors = {
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
} as const satisfies Record<string, ErrorKind>
