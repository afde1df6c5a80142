/** What takes a batch of lines somewhere: intake-sender.ts or kafka-sender.ts. transport.ts uses one. */

/** What became of a batch. */
export interface Sent {
  /** Lines that are refused for good. */
  readonly rejected: number
  /** Why; empty: none was. */
  readonly reason: string
}

export interface Sender {
  /**
   * Resolves when every line has arrived or is refused; tries until then, and says why an attempt failed. Rejects when the
   * signal is aborted.
   */
  send(lines: readonly Buffer[], signal: AbortSignal, onFailure: (reason: string) => void): Promise<Sent>
  close(): Promise<void>
}

/** The pause before a further attempt: from 0.2 s, doubled each time, to 10 s, and a random part of it. */
export const pauseMs = (attempt: number): number =>
  Math.min(MOST_PAUSE_MS, LEAST_PAUSE_MS * 2 ** attempt) * (0.5 + Math.random() / 2)

const LEAST_PAUSE_MS = 200
const MOST_PAUSE_MS = 10_000
