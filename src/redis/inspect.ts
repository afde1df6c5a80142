/** Looks whether Redis would take the mirror: for `logcollector check`. */
import { connectRedis, redisError } from './connection.ts'

/** The server's version, after a key was written and removed. @throws PipelineError REDIS_UNAVAILABLE */
export async function inspectRedis(url: string, prefix: string): Promise<string> {
  const client = await connectRedis(url, 'logcollector-check')
  const key = `${prefix}:check`
  try {
    await client.set(key, '1', 'PX', 1000)
    await client.del(key)
    return /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown'
  } catch (error) {
    throw redisError(error)
  } finally {
    client.disconnect()
  }
}
