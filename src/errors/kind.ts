/** What is known of an error by its code. Neighbour: ../errors.ts. */
export interface ErrorKind {
  readonly retryable: boolean
  /** What happened, for people; the context is appended. */
  readonly meaning: string
  /** What to do about it. */
  readonly remedy: string
}
