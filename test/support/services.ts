/**
 * The services as a test sees them: a database, topics and Redis keys of its own, on the stack that run.ts started.
 * What a factory makes is removed when the running suite ends. Fails loudly when a service is not there.
 */
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import { kafkaVariable, postgresVariable, redisVariable } from '../../stack/stack.ts'
import { cleanUp } from './suite.ts'
import { dropDatabase, execute, uniqueName, urlOf } from './template.ts'
import { until } from './wait.ts'

/** Name of the template database; run.ts sets it. */
export const templateVariable = 'LOGCOLLECTOR_TEST_TEMPLATE'

function required(variable: string): string {
  const value = process.env[variable]
  if (value) return value
  throw new Error(`${variable} is not set: run the file by "npm test -- <part of its name>"`)
}

/** host:port of the shared brokers, separated by commas. */
export const kafkaAddress = (): string => required(kafkaVariable)

/** postgres://… of the shared server's superuser; for what a test must do outside of its own database. */
export const postgresAddress = (): string => required(postgresVariable)

/** redis://… of the shared server; keys belong under redisPrefix(). */
export const redisAddress = (): string => required(redisVariable)

/** A client to look into Redis with; closed when the running suite ends. */
export function redisClient(url: string = redisAddress()): Redis {
  const client = new Redis(url, { protocol: 2 })
  // A server that the test kills is away for a while; the client's commands say so too.
  client.on('error', () => undefined)
  cleanUp(() => client.disconnect())
  return client
}

/** A prefix for keys of the test's own; what is under it is removed when the running suite ends. */
export function redisPrefix(): string {
  const prefix = uniqueName('test')
  const client = redisClient()
  cleanUp(async () => {
    const keys = await client.keys(`${prefix}:*`)
    if (keys.length > 0) await client.del(...keys)
  })
  return prefix
}

export interface DatabaseOptions {
  /** Another server, of the test's own; the shared one unless told. It is not migrated then. */
  readonly server?: string
}

/** Makes a database of the test's own, migrated, and returns its postgres://… address. */
export async function database({ server }: DatabaseOptions = {}): Promise<string> {
  const url = server ?? postgresAddress()
  const name = uniqueName('test')
  const source = server ? '' : ` template ${required(templateVariable)}`
  await execute(url, `create database ${name}${source}`)
  // A server of the test's own goes as a whole.
  if (!server) cleanUp(() => dropDatabase(url, name))
  return urlOf(url, name)
}

export interface TopicOptions {
  readonly partitions?: number
  /** Such as { 'max.message.bytes': '2000000' }. */
  readonly settings?: Readonly<Record<string, string>>
  /** Brokers of the test's own; the shared ones unless told. */
  readonly brokers?: string
}

/** A client that says nothing and gives up soon; for tests that ask the brokers themselves. */
export const createKafkaClient = (brokers: string = kafkaAddress()): Kafka =>
  new Kafka({ clientId: 'logcollector-test', brokers: brokers.split(','), logLevel: logLevel.NOTHING })

/** Makes a topic of the test's own, every partition with a leader, and returns its name. */
export async function topic({ partitions = 1, settings = {}, brokers }: TopicOptions = {}): Promise<string> {
  const name = `test-${randomUUID()}`
  const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
  const admin = createKafkaClient(brokers).admin()
  await admin.connect()
  try {
    await admin.createTopics({
      topics: [{ topic: name, numPartitions: partitions, configEntries }],
      // kafkajs takes a broker that has not heard of the topic yet for an error.
      waitForLeaders: false,
    })
    // A leader that the metadata names may not have heard of it yet: only its own answer is proof.
    const isLed = async () => (await admin.fetchTopicOffsets(name)).length === partitions
    await until(isLed, { deadlineMs: 20_000, what: `leaders of ${name}` })
  } finally {
    await admin.disconnect()
  }
  if (!brokers) cleanUp(() => removeTopic(name))
  return name
}

async function removeTopic(name: string): Promise<void> {
  const admin = createKafkaClient().admin()
  await admin.connect()
  try {
    await admin.deleteTopics({ topics: [name] })
  } finally {
    await admin.disconnect()
  }
}
