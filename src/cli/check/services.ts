/** Looks at Kafka, Postgres and Redis as the configuration names them; never throws for what they answer. */
import type { Config } from '../../config/index.ts'
import { isPattern, presentTopics, selectTopics } from '../../config/topics.ts'
import { type ErrorCode, errorKinds, messageOf, PipelineError } from '../../errors.ts'
import { inspectRedis } from '../../redis/inspect.ts'
import { type ClusterFacts, KafkaInspector } from '../../source/kafka/inspector.ts'
import { type DatabaseFacts, inspectDatabase, type SchemaFacts } from '../../store/inspect.ts'
import { type Finding, fine, problem } from './finding.ts'

const OLDEST_POSTGRES = 15

/** All three at the same time. */
export async function checkServices(config: Config): Promise<Finding[]> {
  const found = await Promise.all([checkKafka(config), checkPostgres(config), checkRedis(config)])
  return found.flat()
}

/** The reason without our own words around it, where the client gave one. */
const reasonOf = (error: PipelineError): string => String(error.context.reason ?? messageOf(error))

/** Our own words too where they say more than that a request failed. */
const messageFor = (error: PipelineError): string =>
  error.code === 'KAFKA_REQUEST_FAILED'
    ? reasonOf(error)
    : `${errorKinds[error.code].meaning}: ${reasonOf(error)}`

async function asked<T>(ask: () => Promise<T>): Promise<T | PipelineError> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof PipelineError) return error
    throw error
  }
}

async function checkKafka({ kafka }: Config): Promise<Finding[]> {
  const inspector = new KafkaInspector({ ...kafka, clientId: `${kafka.clientId}-check` })
  try {
    const cluster = await asked(() => inspector.cluster())
    if (!(cluster instanceof PipelineError)) return clusterFindings(cluster, kafka.topics)
    // A broker that demands what we do not offer just closes the connection.
    const remedy =
      cluster.code === 'KAFKA_REQUEST_FAILED'
        ? `see that the brokers of kafka.brokers run and can be reached from here, and whether their port speaks ${kafka.tls.enabled ? 'TLS' : 'TLS (kafka.tls.enabled) or demands a login (kafka.sasl)'}`
        : cluster.remedy
    return [problem('kafka', messageFor(cluster), remedy)]
  } finally {
    await inspector.close()
  }
}

function clusterFindings(cluster: ClusterFacts, items: readonly string[]): Finding[] {
  const found = items.map(item => {
    const { topics } = selectTopics([item], presentTopics(cluster.topics.keys()))
    if (isPattern(item)) return fine('kafka', `${item} matches ${topics.length} topics`)
    if (topics.length > 0) return fine('kafka', `topic ${item} has ${cluster.topics.get(item)} partitions`)
    return problem('kafka', `topic ${item} does not exist`, errorKinds.TOPIC_MISSING.remedy)
  })
  return [fine('kafka', `${cluster.brokers} brokers, cluster ${cluster.clusterId}`), ...found]
}

async function checkPostgres({ postgres }: Config): Promise<Finding[]> {
  const facts = await asked(() =>
    inspectDatabase({ url: postgres.url, connectTimeoutMs: postgres.connectTimeoutMs }),
  )
  if (facts instanceof PipelineError) {
    const remedy = postgresRemedies[facts.code] ?? facts.remedy
    return [problem('postgres', reasonOf(facts), remedy)]
  }
  return databaseFindings(facts)
}

const postgresRemedies: Readonly<Partial<Record<ErrorCode, string>>> = {
  POSTGRES_UNAVAILABLE: 'see that the server in postgres.url runs and can be reached from here',
  POSTGRES_NOT_READY: 'see that the database, the role and its password in postgres.url are right',
}

function databaseFindings({ major, role, schema, version }: DatabaseFacts): Finding[] {
  const server =
    major >= OLDEST_POSTGRES
      ? fine('postgres', `version ${version}, role ${role}`)
      : problem('postgres', `version ${version}`, `LogCollector needs Postgres ${OLDEST_POSTGRES} or newer`)
  return [server, ...schemaFindings(schema, role)]
}

function schemaFindings(schema: SchemaFacts, role: string): Finding[] {
  const migrate = 'run "logcollector migrate" as the owner of the database'
  const grant = `grant it to ${role}: see docs/operations.md, "Roles and grants"`
  if (schema.state === 'absent') {
    const message = 'there is no schema logcollector yet'
    return [
      schema.mayCreate
        ? fine('postgres', `${message}; run makes it`)
        : problem('postgres', `${message}, and ${role} may not make it`, migrate),
    ]
  }
  if (schema.state === 'closed') return [problem('postgres', `${role} lacks usage on the schema`, grant)]
  const { applied, isOwner, known, missing } = schema
  if (missing.includes('select on schema_migrations'))
    return [problem('postgres', `${role} lacks ${missing.join(', ')}`, grant)]
  if (applied > known)
    return [
      problem(
        'postgres',
        `the schema is at ${applied}, this version knows ${known}`,
        errorKinds.SCHEMA_AHEAD.remedy,
      ),
    ]
  if (applied < known)
    return [
      isOwner
        ? fine('postgres', `the schema is at ${applied}; run brings it to ${known}`)
        : problem('postgres', `the schema is at ${applied}, this version needs ${known}`, migrate),
    ]
  if (missing.length > 0) return [problem('postgres', `${role} lacks ${missing.join(', ')}`, grant)]
  return [fine('postgres', `the schema is at ${applied}, and ${role} may do what is needed`)]
}

async function checkRedis({ redis }: Config): Promise<Finding[]> {
  if (redis.url === '') return [fine('redis', 'not configured: no mirror')]
  const version = await asked(() => inspectRedis(redis.url, redis.prefix))
  if (!(version instanceof PipelineError)) return [fine('redis', `version ${version}, takes the mirror`)]
  return [problem('redis', reasonOf(version), errorKinds.REDIS_UNAVAILABLE.remedy)]
}
