/** What `produce --respect-pressure` waits for: the group's pressure in Redis (redis/gauge.ts) is not high. */
import { setTimeout as delay } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import type { Config } from '../config/index.ts'

export interface Brake {
  /** Resolves when the pressure is not high, or unknown, or the signal is aborted. */
  readonly hold: () => Promise<void>
  readonly stop: () => Promise<void>
}

const LOOK_EVERY_MS = 200

/** Reads the pressure from now on. A usage error without redis.url. */
export async function createBrake({ kafka, redis }: Config, signal: AbortSignal): Promise<Brake> {
  if (redis.url === '') throw new InvalidArgumentError('--respect-pressure needs redis.url')
  const { PressureGauge } = await import('../redis/gauge.ts')
  const { pressure, prefix, url } = redis
  const { groupId } = kafka
  const { maxLagMs } = pressure
  const gauge = new PressureGauge({ url, prefix, groupId, maxLagMs, local: () => null })
  await gauge.start()
  const hold = async (): Promise<void> => {
    // An abort rejects the delay, and ends the loop.
    while (gauge.read().isHigh && !signal.aborted)
      await delay(LOOK_EVERY_MS, null, { signal }).catch(() => undefined)
  }
  return { hold, stop: () => gauge.stop() }
}
