/**
 * Questions to the brokers from outside a running engine: which topics there are, and where their logs end. For the
 * commands lag and check; the engine itself uses adapter.ts.
 */
import { type Admin, logLevel } from 'kafkajs'
import { type ClusterOptions, clientFactory } from './client.ts'
import { kafkaFailure } from './failure.ts'

export interface ClusterFacts {
  readonly clusterId: string
  readonly brokers: number
  /** Number of partitions by topic. */
  readonly topics: ReadonlyMap<string, number>
}

const CONNECT_TIMEOUT_MS = 3_000
const REQUEST_TIMEOUT_MS = 5_000

/** Every method connects when needed, and throws one of our errors within seconds when nobody answers or lets us in. */
export class KafkaInspector {
  private readonly admin: Admin

  /** Throws CONFIG_INVALID where a file of kafka.tls cannot be read. */
  constructor(options: ClusterOptions) {
    const kafka = clientFactory(options)({
      logLevel: logLevel.NOTHING,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: { retries: 1, initialRetryTime: 100 },
    })
    this.admin = kafka.admin()
  }

  async cluster(): Promise<ClusterFacts> {
    return this.ask('Metadata', async () => {
      const { brokers, clusterId } = await this.admin.describeCluster()
      // All of them: asking for one that is missing would be an error.
      const { topics } = await this.admin.fetchTopicMetadata()
      return {
        clusterId,
        brokers: brokers.length,
        topics: new Map(topics.map(({ name, partitions }) => [name, partitions.length])),
      }
    })
  }

  /** The offset that the next record gets, by partition. The topic must exist. */
  async highWatermarks(topic: string): Promise<Map<number, number>> {
    return this.ask('ListOffsets', async () => {
      const found = await this.admin.fetchTopicOffsets(topic)
      return new Map(found.map(({ partition, high }) => [partition, Number(high)]))
    })
  }

  private async ask<T>(request: string, run: () => Promise<T>): Promise<T> {
    try {
      await this.admin.connect()
      return await run()
    } catch (error) {
      throw kafkaFailure(error, { request })
    }
  }

  async close(): Promise<void> {
    await this.admin.disconnect()
  }
}
