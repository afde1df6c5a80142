/** How a record becomes a row, and what is too large to be one. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'
import { fieldNames, optionalText } from './shapes.ts'

export const parseSettings = {
  'limits.max_record_bytes': {
    type: 'bytes',
    default: '1MiB',
    min: '1KiB',
    max: '64MiB',
    help: 'A record with a larger value becomes a dead letter.',
  },
  'limits.max_batch_bytes': {
    type: 'bytes',
    default: '32MiB',
    min: '1MiB',
    max: '1GiB',
    help: 'A Kafka batch that inflates to more halts its partition.',
  },
  'parse.format': {
    type: 'enum',
    default: 'json',
    values: ['json', 'logfmt', 'access', 'syslog', 'raw', 'auto'],
    help: 'What a record is taken for; access is a line of nginx or Apache, raw stores it whole as message, auto decides for each by its content: docs/formats.md.',
  },
  'parse.malformed': {
    type: 'enum',
    default: 'store',
    values: ['store', 'dead_letter'],
    help: 'What is not of the format: stored as a row with the raw text as message, or made a dead letter.',
  },
  'parse.keys': { type: 'bool', default: 'false', help: 'Write the Kafka key into attrs (kafka.key).' },
  'parse.headers': {
    type: 'bool',
    default: 'false',
    help: 'Write the Kafka headers into attrs (kafka.headers).',
  },
  'parse.timeout': {
    type: 'duration',
    default: '10s',
    min: '1s',
    max: '5m',
    help: 'A parse task that takes longer is taken for hung: its thread is ended and the record found.',
  },
  'parse.max_match_chars': {
    type: 'int',
    default: '32768',
    min: '256',
    max: '1048576',
    help: 'A longer text is not matched by the patterns of steps (regex, grok, matches), and counted.',
  },
  'parse.redact_key': {
    type: 'string',
    default: '',
    secret: true,
    shape: optionalText,
    help: 'The key of the hashes that the step redact writes with mode hash; whoever knows it can find out what was hashed.',
  },
  'parse.aliases.ts': {
    ...fieldNames,
    default: 'ts,time,timestamp,@timestamp',
    help: 'Fields that hold the time of a record; the first present wins, a dot descends.',
  },
  'parse.aliases.severity': {
    ...fieldNames,
    default: 'severity_number,level,severity,severity_text,lvl',
    help: 'Fields that hold the severity.',
  },
  'parse.aliases.service': {
    ...fieldNames,
    default: 'service,service.name,app,application',
    help: 'Fields that hold the name of the service.',
  },
  'parse.aliases.host': {
    ...fieldNames,
    default: 'host,hostname,host.name',
    help: 'Fields that hold the host.',
  },
  'parse.aliases.trace_id': {
    ...fieldNames,
    default: 'trace_id,traceId,trace.id',
    help: 'Fields that hold the trace.',
  },
  'parse.aliases.span_id': {
    ...fieldNames,
    default: 'span_id,spanId,span.id',
    help: 'Fields that hold the span.',
  },
  'parse.aliases.message': {
    ...fieldNames,
    default: 'msg,message,body,log,event',
    help: 'Fields that hold the message.',
  },
} as const satisfies Record<string, Setting>
