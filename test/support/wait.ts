/**
 * Waiting on a condition with a deadline: what every test does instead of sleeping.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../../src/errors.ts'

export interface WaitOptions {
  readonly deadlineMs: number
  /** Pause between two looks; 20 unless told. */
  readonly everyMs?: number
  /** What is waited for, for the message of the error. */
  readonly what: string
}

/**
 * Resolves with the first truthy value of `condition`. One that throws counts as not yet.
 * Throws after deadlineMs, with the last value or error in the message.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { deadlineMs, everyMs = 20, what }: WaitOptions,
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const deadline = Date.now() + deadlineMs
  let last = 'nothing yet'
  let cause: unknown
  do {
    try {
      const value = await condition()
      if (value) return value as Exclude<T, false | null | undefined | 0 | ''>
      last = `last value ${String(value)}`
    } catch (error) {
      last = messageOf(error)
      cause = error
    }
    await delay(everyMs)
  } while (Date.now() < deadline)
  throw new Error(`${what}: not within ${deadlineMs} ms (${last})`, { cause })
}
