/**
 * One raw Fetch over a connection of kafkajs, answered into a place of the caller's. Neighbours: frames.ts (reads the
 * answer off the socket), fetch-response.ts (its grammar), adapter.ts.
 */
import fetchRequest from 'kafkajs/src/protocol/requests/fetch/v11/request.js'
import type { Cluster, Connection } from './cluster.ts'
import { kafkaFailure } from './failure.ts'
import { type FrameTarget, readerOf } from './frames.ts'

export interface FetchPlan {
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly partitions: readonly { topic: string; partition: number; offset: number; maxBytes: number }[]
}

export interface FetchOptions {
  /** Beyond the wait that the plan allows the broker. */
  readonly requestTimeoutMs: number
  readonly isolation: 'read_committed' | 'read_uncommitted'
}

/** Isolation levels of a Fetch (KIP-98). */
const isolationLevels = { read_uncommitted: 0, read_committed: 1 } as const
/** Number of the connection that kafkajs keeps for its own fetches, which it never sends here. */
const FETCH_CONNECTION = 1

/**
 * Resolves when the whole frame is in place. On any failure the connection is destroyed and the promise rejects only
 * after its socket is closed: then nothing writes there any more.
 */
export async function sendFetch(
  cluster: Cluster,
  broker: number,
  plan: FetchPlan,
  target: FrameTarget,
  { isolation, requestTimeoutMs }: FetchOptions,
): Promise<void> {
  const { connectionPool } = await cluster.findBroker({ nodeId: String(broker) })
  const connection = await connectionPool.getConnection(FETCH_CONNECTION)
  const { socket } = connection
  try {
    await connection.authenticate()
    readerOf(socket).announce(target)
    await connection.send({
      request: fetchRequest(fetchFields(plan, isolation)),
      response: { decode: async body => body, parse: async () => undefined },
      requestTimeout: plan.maxWaitMs + requestTimeoutMs,
      logResponseError: false,
    })
  } catch (error) {
    await closed(socket, error)
    throw kafkaFailure(error, { request: 'Fetch', broker })
  }
}

function fetchFields(
  plan: FetchPlan,
  isolation: FetchOptions['isolation'],
): Parameters<typeof fetchRequest>[0] {
  const topics = new Map<string, { partition: number; fetchOffset: string; maxBytes: number }[]>()
  for (const { topic, partition, offset, maxBytes } of plan.partitions) {
    const partitions = topics.get(topic) ?? []
    partitions.push({ partition, fetchOffset: String(offset), maxBytes })
    topics.set(topic, partitions)
  }
  return {
    replicaId: -1,
    maxWaitTime: plan.maxWaitMs,
    minBytes: 1,
    maxBytes: plan.maxBytes,
    isolationLevel: isolationLevels[isolation],
    topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
  }
}

/** Destroys the socket with an error (kafkajs hears of nothing else) and waits until it is closed. */
function closed(socket: Connection['socket'], error: unknown): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise(resolve => {
    socket.once('close', () => resolve())
    socket.destroy(error instanceof Error ? error : new Error(String(error)))
  })
}
