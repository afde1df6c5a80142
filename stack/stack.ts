/**
 * The local stack as a whole: Kafka, Postgres and Redis side by side, for demo, tests and bench.
 * Addresses in the environment win over instances of our own.
 */
import { type KafkaOptions, startKafka } from './kafka.ts'
import { type PostgresOptions, startPostgres } from './postgres.ts'
import { type RedisOptions, startRedis } from './redis.ts'

export interface StackOptions {
  readonly kafka?: KafkaOptions
  readonly postgres?: PostgresOptions
  readonly redis?: RedisOptions
  readonly report?: (line: string) => void
}

export interface Stack {
  /** host:port, separated by commas. */
  readonly kafka: string
  /** postgres://… of a role that may create databases. */
  readonly postgres: string
  /** redis://… */
  readonly redis: string
  /** For CPU and memory figures; null when the environment named the address. */
  readonly kafkaPid: number | null
  readonly postgresPid: number | null
  /** Ends what was started here, nothing else. */
  stop(): Promise<void>
}

export const kafkaVariable = 'LOGCOLLECTOR_TEST_KAFKA'
export const postgresVariable = 'LOGCOLLECTOR_TEST_POSTGRES'
export const redisVariable = 'LOGCOLLECTOR_TEST_REDIS'

interface Started {
  readonly address: string
  readonly pid: number | null
  stop(): Promise<void>
}

const given = (variable: string): Started | null => {
  const address = process.env[variable]
  return address ? { address, pid: null, stop: async () => undefined } : null
}

async function timed(
  name: string,
  report: (line: string) => void,
  start: () => Promise<Started>,
): Promise<Started> {
  const begin = performance.now()
  report(`${name}: starting`)
  const started = await start()
  report(`${name}: up after ${((performance.now() - begin) / 1000).toFixed(1)} s at ${started.address}`)
  return started
}

/** Starts what the environment does not name, in parallel. When one fails, the others are stopped, and it throws. */
export async function startStack({
  kafka,
  postgres,
  redis,
  report = () => undefined,
}: StackOptions = {}): Promise<Stack> {
  const starts = [
    given(kafkaVariable) ?? timed('Kafka', report, () => startKafka({ report, ...kafka })),
    given(postgresVariable) ??
      timed('Postgres', report, async () => {
        const server = await startPostgres({ report, ...postgres })
        return { address: server.url, pid: server.pid, stop: () => server.stop() }
      }),
    given(redisVariable) ??
      timed('Redis', report, async () => {
        const server = await startRedis({ report, ...redis })
        return { address: server.url, pid: server.pid, stop: () => server.stop() }
      }),
  ]
  const results = await Promise.allSettled(starts)
  const started = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(each => each.stop()))
  }
  const failed = results.find(result => result.status === 'rejected')
  if (failed) {
    await stop()
    throw failed.reason
  }
  const [broker, server, mirror] = started as [Started, Started, Started]
  return {
    kafka: broker.address,
    postgres: server.address,
    redis: mirror.address,
    kafkaPid: broker.pid,
    postgresPid: server.pid,
    stop,
  }
}
