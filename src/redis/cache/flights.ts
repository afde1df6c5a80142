/**
 * Work that several callers of this process wait for, done once: it goes on while one of them waits, and is told when
 * nobody does. Neighbour: cache.ts.
 */
interface Flight {
  readonly promise: Promise<unknown>
  readonly stop: AbortController
  waiters: number
}

export class Flights {
  private readonly flights = new Map<string, Flight>()

  has(key: string): boolean {
    return this.flights.has(key)
  }

  /** The result of `work`, begun by this call or by an earlier one of the same key. Rejects when `caller` aborts. */
  share<T>(key: string, work: (signal: AbortSignal) => Promise<T>, caller: AbortSignal): Promise<T> {
    if (caller.aborted) return Promise.reject(caller.reason)
    const flight = this.flights.get(key) ?? this.begin(key, work)
    flight.waiters += 1
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        flight.waiters -= 1
        if (flight.waiters === 0) {
          this.end(key, flight)
          flight.stop.abort(caller.reason)
        }
        reject(caller.reason)
      }
      caller.addEventListener('abort', leave, { once: true })
      const settle = (): void => caller.removeEventListener('abort', leave)
      flight.promise.then(
        result => {
          settle()
          resolve(result as T)
        },
        error => {
          settle()
          reject(error)
        },
      )
    })
  }

  private begin(key: string, work: (signal: AbortSignal) => Promise<unknown>): Flight {
    const stop = new AbortController()
    const flight: Flight = { promise: work(stop.signal), stop, waiters: 0 }
    this.flights.set(key, flight)
    const ended = (): void => this.end(key, flight)
    flight.promise.then(ended, ended)
    return flight
  }

  /** Whoever comes next begins anew. */
  private end(key: string, flight: Flight): void {
    if (this.flights.get(key) === flight) this.flights.delete(key)
  }
}
