/** What goes wrong between us and the brokers: requests, access, what a log holds. Neighbour: ../errors.ts has them all. */
import type { ErrorKind } from './kind.ts'

export const kafkaErrors = {
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
  TOPIC_MISSING: {
    retryable: true,
    meaning: 'A configured topic does not exist on the brokers',
    remedy: 'Create the topic, or correct kafka.topics; LogCollector looks again by itself',
  },
} as const satisfies Record<string, ErrorKind>
