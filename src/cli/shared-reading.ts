/** A reading of something outside that many ask for at once: api.ts asks the brokers for the lag by it. */

/** `read`, but never twice at a time, and not again while its last result is younger than `ageMs`. */
export function sharedReading<T>(ageMs: number, read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | null = null
  let last: { readonly result: T; readonly atMs: number } | null = null
  const begin = async (): Promise<T> => {
    try {
      const result = await read()
      last = { result, atMs: performance.now() }
      return result
    } finally {
      reading = null
    }
  }
  return async () => {
    if (last !== null && performance.now() - last.atMs < ageMs) return last.result
    reading ??= begin()
    return reading
  }
}
