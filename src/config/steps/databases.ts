/** The files of `geoip` steps, read once by the main thread into memory that all workers share. Neighbour: check.ts. */
import { readFileSync } from 'node:fs'

/** Throws what node:fs throws. */
export function readDatabase(path: string): SharedArrayBuffer {
  const bytes = readFileSync(path)
  const shared = new SharedArrayBuffer(bytes.length)
  new Uint8Array(shared).set(bytes)
  return shared
}
