/**
 * Ends every cached answer at once, for what changes rows outside of the path from Kafka (a replay of dead letters).
 * Neighbour: announcer.ts, which tells what that path commits.
 */
import { connectRedis, redisError } from '../connection.ts'
import { cacheKeysOf, replaceTokens } from './keys.ts'
import { epochKey } from './versions.ts'

/** Does nothing where there is no Redis (an empty url). @throws PipelineError REDIS_UNAVAILABLE, within a second */
export async function forgetAnswers({
  url,
  prefix,
}: {
  readonly url: string
  readonly prefix: string
}): Promise<void> {
  if (url === '') return
  const client = await connectRedis(url, 'logcollector-forget')
  try {
    const pipeline = client.pipeline()
    replaceTokens(pipeline, cacheKeysOf(prefix), [epochKey])
    const failed = (await pipeline.exec())?.find(([error]) => error !== null)
    if (failed) throw failed[0]
  } catch (error) {
    throw redisError(error)
  } finally {
    client.disconnect()
  }
}
