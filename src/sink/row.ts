/**
 * Reads back what rollups need of an encoded row, where the kernel's own count does not fit (a batch that is split or
 * leaves rows out). Layout: PostgreSQL manual, COPY, "Binary Format"; columns as in sql/0001_logcollector.sql.
 *
 *   fields i16 | 8 i32, ts i64 (µs since 2000) | 2 i32, severity i16 | length i32 (−1 null), service | …
 */
const TS_AT = 6
const SEVERITY_AT = 18
const SERVICE_LENGTH_AT = 20
const SERVICE_AT = 24
/** Postgres counts from 2000-01-01, in microseconds. */
const POSTGRES_EPOCH_US = 946_684_800_000_000

export interface CountedRow {
  /** µs since 1970. */
  readonly ts: number
  readonly severity: number
  /** Empty: none. */
  readonly service: string
}

export function countedRow(view: DataView, address: number): CountedRow {
  const length = Math.max(0, view.getInt32(address + SERVICE_LENGTH_AT))
  return {
    ts: Number(view.getBigInt64(address + TS_AT)) + POSTGRES_EPOCH_US,
    severity: view.getInt16(address + SEVERITY_AT),
    service: Buffer.from(view.buffer, address + SERVICE_AT, length).toString('utf8'),
  }
}
