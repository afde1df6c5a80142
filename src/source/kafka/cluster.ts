/**
 * The types of what kafkajs hands to a partition assigner: its cluster object, which no public method gives.
 * Only what the adapter uses; the contract test (test/integration/kafkajs-contract.test.ts) holds it to the real thing.
 */
import type { Socket } from 'node:net'

export interface Connection {
  readonly socket: Socket
  requestQueue: { throttledUntil: number }
  send<T>(call: {
    request: object
    response: { decode(body: Buffer): Promise<Buffer>; parse(body: Buffer): Promise<T> }
    requestTimeout?: number
    logResponseError?: boolean
  }): Promise<T>
  authenticate(): Promise<void>
}

export interface Broker {
  /** By api key; null before the first connection. */
  readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>> | null
  readonly connectionPool: {
    send(call: {
      request: object
      response: { decode(body: Buffer): Promise<Buffer>; parse(body: Buffer): Promise<Buffer> }
      logResponseError: boolean
    }): Promise<Buffer>
  }
}

export interface Cluster {
  /** The topics that its metadata are about. */
  readonly targetTopics: Set<string>
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> }
  isConnected(): boolean
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  /** Called before every idle round of the consumer, too. */
  refreshMetadataIfNecessary(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  metadata(options?: { topics?: string[] }): Promise<{
    brokers: { nodeId: number }[]
    clusterId: string | null
    topicMetadata: {
      topic: string
      isInternal: boolean
      partitionMetadata: { partitionId: number; leader: number; replicas: number[]; isr: number[] }[]
    }[]
  }>
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[]
  findBroker(which: { nodeId: string }): Promise<{
    connectionPool: { getConnection(index: number): Promise<Connection> }
  }>
  findGroupCoordinator(which: { groupId: string }): Promise<{
    describeGroups(which: {
      groupIds: string[]
    }): Promise<{ groups: { members: { memberId: string; memberMetadata: Buffer }[] }[] }>
    leaveGroup(which: { groupId: string; memberId: string }): Promise<unknown>
  }>
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromTimestamp: number | string }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>
}
