/** What is read: brokers, topics, group, fetching. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'
import { groupName, topicItem } from './shapes.ts'

export const kafkaSettings = {
  'kafka.brokers': {
    type: 'list',
    default: 'localhost:9092',
    minItems: 1,
    maxItems: 100,
    shape: { pattern: /^(\[[0-9a-fA-F:.]+\]|[^\s:/@,]+):\d{1,5}$/, accepts: 'host:port' },
    help: 'Brokers to ask first.',
  },
  'kafka.topics': {
    type: 'list',
    default: 'logs',
    minItems: 1,
    maxItems: 1000,
    shape: topicItem,
    help: 'Topics to store. A regular expression takes every topic that it matches, also one that is made later; never internal ones.',
  },
  'kafka.group_id': {
    type: 'string',
    default: 'logcollector',
    shape: groupName,
    help: 'Consumer group. Positions are kept per group; instances with the same group share the partitions.',
  },
  'kafka.client_id': {
    type: 'string',
    default: 'logcollector',
    shape: groupName,
    help: 'Name under which the brokers see and log this process.',
  },
  'kafka.start': {
    type: 'start',
    default: 'earliest',
    help: 'Where a topic that was never stored begins: earliest, latest or a time. Later starts go on from Postgres.',
  },
  'kafka.isolation': {
    type: 'enum',
    values: ['read_committed', 'read_uncommitted'],
    default: 'read_committed',
    help: 'What is stored of transactions: those that were committed, when they are; or all records, as they come.',
  },
  'kafka.session_timeout': {
    type: 'duration',
    default: '30s',
    min: '6s',
    max: '30m',
    help: 'The group gives the partitions to others when it hears no heartbeat for so long.',
  },
  'kafka.heartbeat_interval': {
    type: 'duration',
    default: '3s',
    min: '100ms',
    max: '5m',
    help: 'Time between heartbeats; less than a third of kafka.session_timeout.',
  },
  'kafka.fetch_wait': {
    type: 'duration',
    default: '500ms',
    min: '1ms',
    max: '30s',
    help: 'How long a broker may hold a fetch when there is nothing new.',
  },
  'kafka.partition_fetch_bytes': {
    type: 'bytes',
    default: '2MiB',
    min: '16KiB',
    max: '256MiB',
    help: 'Most that one fetch asks of one partition.',
  },
  'kafka.request_timeout': {
    type: 'duration',
    default: '30s',
    min: '1s',
    max: '10m',
    help: 'A broker that does not answer a request for so long is connected anew.',
  },
  'kafka.topics_refresh': {
    type: 'duration',
    default: '30s',
    min: '100ms',
    max: '1h',
    help: 'How often to look for new topics and partitions, and for topics that were deleted or made anew.',
  },
  'kafka.on_gap': {
    type: 'enum',
    default: 'halt',
    values: ['halt', 'record'],
    help: 'What to do where the broker deleted records before they were stored: halt the partition, or write the gap to offset_gaps and go on behind it.',
  },
} as const satisfies Record<string, Setting>
