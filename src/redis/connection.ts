/**
 * One connection to Redis that can never hold anybody up: nothing is queued or sent again, every command has a time
 * limit, and a connection that broke is not mended but replaced by its owner. With keys.ts the base of this folder.
 */
import { Redis } from 'ioredis'
import { messageOf, PipelineError } from '../errors.ts'

export const COMMAND_TIMEOUT_MS = 200
const CONNECT_TIMEOUT_MS = 500
const DISCONNECT_TIMEOUT_MS = 100

/** @throws PipelineError REDIS_UNAVAILABLE, at the latest after half a second; also when `signal` is aborted */
export async function connectRedis(
  url: string,
  connectionName: string,
  signal?: AbortSignal,
): Promise<Redis> {
  const client = new Redis(url, {
    connectionName,
    // RESP3 would ask for Redis 6 or newer and brings nothing here.
    protocol: 2,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => null,
  })
  // What broke is told by the command that meets it; without a listener an error event would end the process.
  let reason: unknown = null
  client.on('error', error => {
    reason = error
  })
  const giveUp = (): void => client.disconnect()
  // A stalled server accepts the connection and answers nothing, which no time-out of the client covers.
  const timer = setTimeout(giveUp, CONNECT_TIMEOUT_MS)
  signal?.addEventListener('abort', giveUp)
  try {
    await client.connect()
    return client
  } catch (error) {
    client.disconnect()
    throw redisError(reason ?? error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}

/** Whatever Redis or its client threw, as ours. */
export const redisError = (error: unknown): PipelineError =>
  error instanceof PipelineError
    ? error
    : new PipelineError('REDIS_UNAVAILABLE', { reason: messageOf(error) }, error)
