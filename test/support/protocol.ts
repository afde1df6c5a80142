/**
 * What a process of test files tells the runner: run-files.ts sends it by IPC, run.ts reads it.
 */
export type Report =
  | { readonly kind: 'started'; readonly file: string }
  | {
      readonly kind: 'finished'
      readonly file: string
      readonly passed: number
      readonly failed: number
      readonly durationMs: number
    }
  /** Every file ran; what keeps the process from ending after it is a handle left open. */
  | { readonly kind: 'done' }
