/** What the HTTP server is given; each plugin in this folder takes what it needs of it. */
import type { Readiness } from '../snapshot.ts'

export interface HttpDeps {
  readonly readiness: () => Readiness
  /** Everything about the process as plain data; null: not to be shown. */
  readonly debug: (() => object) | null
  readonly metrics: { render(): Promise<string>; readonly contentType: string }
}
