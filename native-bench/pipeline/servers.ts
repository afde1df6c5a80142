/**
 * The servers of a benchmark of the whole path: a Kafka and a Postgres of its own, and a topic that is full before
 * anything is measured. What it says while it works goes to standard error.
 */
import { execFileSync } from 'node:child_process'
import { produce } from '../../src/produce/produce.ts'
import type { RecordSource } from '../../src/produce/sources.ts'
import { type Kafka, startKafka } from '../../stack/kafka.ts'
import { type Postgres, startPostgres } from '../../stack/postgres.ts'
import { type Databases, prepareDatabases } from './databases.ts'
import { wellFormedRecords } from './records.ts'

export const TOPIC = 'bench-pipeline'
export const PARTITIONS = 4

/** The same for all that is compared; the rest is as Postgres ships it, but for what stack/postgres.ts sets for its clocks. */
export const postgresSettings = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  // Files of the log are used again from round to round: making one costs more than filling it.
  min_wal_size: '4GB',
  checkpoint_timeout: '30min',
  track_commit_timestamp: 'on',
} as const

export interface Servers {
  readonly kafka: Kafka
  readonly postgres: Postgres
  readonly databases: Databases
  stop(): Promise<void>
}

export const say = (text: string): void => console.error(text)
export const thousands = (value: number): string => `${(value / 1000).toFixed(0)}k`

/** A line that the next one overwrites; nothing where nobody watches. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K`)
}

export async function startServers(): Promise<Servers> {
  say('starting Kafka and Postgres')
  const kafka = await startKafka({ report: say })
  const postgres = await startPostgres({ settings: postgresSettings, report: say }).catch(async error => {
    await kafka.stop()
    throw error
  })
  const stop = async () => void (await Promise.all([kafka.stop(), postgres.stop()]))
  try {
    return { kafka, postgres, databases: await prepareDatabases(postgres.url), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Fills the topic; mean bytes of a record. */
export const fillTopic = ({ kafka }: Pick<Servers, 'kafka'>, records: number): Promise<number> =>
  fill(kafka, TOPIC, wellFormedRecords(records), records)

/** Fills a new topic from a source of so many records; mean bytes of a record. */
export async function fill(
  kafka: Kafka,
  topic: string,
  source: RecordSource,
  records: number,
): Promise<number> {
  const summary = await produce({
    brokers: kafka.address.split(','),
    topic,
    createPartitions: PARTITIONS,
    source,
    onProgress: ({ acknowledged }) =>
      progress(`producing: ${thousands(acknowledged)} of ${thousands(records)}`),
  })
  if (summary.records !== records) throw new Error(`produced ${summary.records} of ${records} records`)
  say(`produced ${records} records at ${thousands(summary.recordsPerSecond)}/s`)
  // Else the disk is still busy with what Kafka was given.
  execFileSync('sync')
  return summary.bytes / records
}
