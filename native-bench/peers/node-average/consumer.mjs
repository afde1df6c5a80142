/**
 * node-average: what an average Node developer writes. kafkajs hands over a batch, JSON.parse makes objects of it, one
 * INSERT with unnest stores up to 5,000 of them; kafkajs commits the offset when the batch is through.
 */
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'

const { KAFKA_BROKERS, KAFKA_GROUP, KAFKA_TOPIC, POSTGRES_URL } = process.env
const partitions = 4
const rowsPerInsert = 5000
const severities = { debug: 5, info: 9, warn: 13, error: 17 }
const columns = [
  ['ts', 'timestamptz'],
  ['severity', 'smallint'],
  ['service', 'text'],
  ['host', 'text'],
  ['trace_id', 'text'],
  ['span_id', 'text'],
  ['message', 'text'],
  ['attrs', 'jsonb'],
  ['kafka_partition', 'integer'],
  ['kafka_offset', 'bigint'],
]
const insert = `insert into logs (${columns.map(([name]) => name).join(', ')})
  select * from unnest(${columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')})`

function rowOf(message, partition) {
  const { ts, level, service, host, trace_id, span_id, msg, ...attrs } = JSON.parse(message.value.toString())
  const fields = [service, host, trace_id, span_id, msg, JSON.stringify(attrs)]
  return [ts, severities[level] ?? severities.info, ...fields, partition, message.offset]
}

const pool = new pg.Pool({ connectionString: POSTGRES_URL, max: partitions })
const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.ERROR })
const consumer = kafka.consumer({ groupId: KAFKA_GROUP, maxBytesPerPartition: 4 * 1024 * 1024 })

await consumer.connect()
await consumer.subscribe({ topic: KAFKA_TOPIC, fromBeginning: true })
await consumer.run({
  partitionsConsumedConcurrently: partitions,
  eachBatch: async ({ batch, heartbeat, resolveOffset }) => {
    for (let from = 0; from < batch.messages.length; from += rowsPerInsert) {
      const messages = batch.messages.slice(from, from + rowsPerInsert)
      const rows = messages.map(message => rowOf(message, batch.partition))
      await pool.query({
        name: 'insert',
        text: insert,
        values: columns.map((_, index) => rows.map(row => row[index])),
      })
      resolveOffset(messages.at(-1).offset)
      await heartbeat()
    }
  },
})

process.on('SIGTERM', async () => {
  await consumer.disconnect()
  await pool.end()
})
