/**
 * Questions to the brokers from outside a running engine: which topics there are, and where their logs end. For the
 * commands lag and check; the engine itself uses adapter.ts.
 */
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { messageOf, PipelineError } from '../../errors.ts'

export interface InspectorOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
}

export interface ClusterFacts {
  readonly clusterId: string
  readonly brokers: number
  /** Number of partitions by topic. */
  readonly topics: ReadonlyMap<string, number>
}

const CONNECT_TIMEOUT_MS = 3_000
const REQUEST_TIMEOUT_MS = 5_000

/** Every method connects when needed, and throws KAFKA_REQUEST_FAILED within seconds when nobody answers. */
export class KafkaInspector {
  private readonly admin: Admin

  constructor({ brokers, clientId }: InspectorOptions) {
    const kafka = new Kafka({
      brokers: [...brokers],
      clientId,
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
      throw new PipelineError('KAFKA_REQUEST_FAILED', { request, reason: messageOf(error) }, error)
    }
  }

  async close(): Promise<void> {
    await this.admin.disconnect()
  }
}
