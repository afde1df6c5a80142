/**
 * Two faults of kafkajs 2.2.4 that are mended where they are, once a process, for every client that client.ts makes.
 * The contract test holds what they stand on.
 */
import Connection from 'kafkajs/src/network/connection.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

/** Most that a re-authentication comes before the session ends, ms, and its share of a short session, in percent. */
const MOST_LEAD_MS = 10_000
const LEAD_PERCENT = 15

export function repairKafkajs(): void {
  stopIdleTimerLoop()
  reauthenticateInTime()
}

/**
 * kafkajs re-arms a timer every millisecond on each idle connection: 3.7 % of a core for nothing
 * (tulios/kafkajs#1704). The check is needed only while requests wait or the broker throttles us.
 */
function stopIdleTimerLoop(): void {
  const queue = RequestQueue.prototype
  const schedule = queue.scheduleCheckPendingRequests
  if (schedule.name === 'scheduleOnlyWhenPending') return
  queue.scheduleCheckPendingRequests = function scheduleOnlyWhenPending(this: typeof queue) {
    if (this.pending.length > 0) schedule.call(this)
  }
}

/**
 * kafkajs logs in again when less than a fixed ten seconds of the session are left, so within a session of ten seconds
 * before every request; and a broker refuses a second login within a second (KIP-368). Here the lead follows the
 * session: the constructor's assignment of the fixed time meets a property that does not take it.
 */
function reauthenticateInTime(): void {
  if (Object.hasOwn(Connection.prototype, 'reauthenticationThreshold')) return
  Object.defineProperty(Connection.prototype, 'reauthenticationThreshold', {
    get(this: Connection): number {
      return leadMs(Number(this.sessionLifetime.toString()))
    },
    set: () => undefined,
  })
}

/** How long before the end of a session of so many ms the next request logs in again first. */
export const leadMs = (sessionMs: number): number =>
  Math.min(MOST_LEAD_MS, Math.floor((sessionMs * LEAD_PERCENT) / 100))
