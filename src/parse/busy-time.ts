/**
 * How long each worker thread has been busy, as the pool sees it: a thread that waits for its next task waits in
 * Atomics, which Node's own measure of utilisation takes for work.
 */
export class BusyTime {
  private readonly totals: number[]
  private readonly since: (number | null)[]

  constructor(threads: number) {
    this.totals = new Array<number>(threads).fill(0)
    this.since = new Array<number | null>(threads).fill(null)
  }

  begin(thread: number, nowMs: number): void {
    this.since[thread] = nowMs
  }

  end(thread: number, nowMs: number): void {
    const begun = this.since[thread] ?? nowMs
    this.since[thread] = null
    this.totals[thread]! += nowMs - begun
  }

  /** ms since the start, by thread; a task under way counts until now. */
  read(nowMs: number): number[] {
    return this.totals.map((total, thread) => total + nowMs - (this.since[thread] ?? nowMs))
  }
}
