/** What goes wrong in the program itself: configuration, parts, workers, Redis, tools. Neighbour: ../errors.ts has them all. */
import type { ErrorKind } from './kind.ts'

export const engineErrors = {
  CONFIG_INVALID: {
    retryable: false,
    meaning: 'The configuration is not valid',
    remedy: 'Correct the setting at the place that the message names',
  },
  REDIS_UNAVAILABLE: {
    retryable: true,
    meaning: 'Redis does not answer or refuses to be written',
    remedy:
      'None needed for the data, which never depends on Redis; check redis.url and the server’s memory for the mirror',
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
  STACK_PREREQUISITE: {
    retryable: false,
    meaning: 'The machine lacks what the local stack needs',
    remedy: 'Install what the message names',
  },
  ANOMALY_NOT_SENT: {
    retryable: true,
    meaning: 'An anomaly could not be sent to the webhook or the Alertmanager',
    remedy:
      'Check that the receiver of anomalies.webhook_url or anomalies.alertmanager_url answers with 2xx within five seconds; it is tried again',
  },
} as const satisfies Record<string, ErrorKind>
