/**
 * Proves from Postgres alone that what the ledger says is what is stored: ranges without holes, sums that agree, no
 * record twice, rollups equal to a recount. One REPEATABLE READ snapshot, so that it may run beside the writers.
 */
import type pg from 'pg'
import { connectClient } from '../../postgres/connect.ts'
import { storeError } from '../connection.ts'
import { checks, gaps, ROWS } from './checks.ts'
import { beginSnapshot } from './snapshot.ts'

export interface VerifyCheck {
  readonly name: string
  readonly ok: boolean
  /** What was compared: ranges, rows or groups. */
  readonly checked: number
  /** In words, with partition and range. */
  readonly findings: readonly string[]
  /** What could not be compared, in words; no finding. */
  readonly notes?: readonly string[]
}

export interface VerifyReport {
  readonly ok: boolean
  /** Offsets that the broker deleted before they were stored, and that somebody allowed to pass. */
  readonly gapOffsets: number
  readonly checks: readonly VerifyCheck[]
}

export interface VerifyOptions {
  /** Transactions committed since then, ms since 1970; null: everything. */
  readonly sinceMs: number | null
  /** Positions and ledger alone, without the rows. */
  readonly isLight?: boolean
}

const CONNECT_TIMEOUT_MS = 10_000

export async function verify(
  url: string,
  { sinceMs, isLight = false }: VerifyOptions,
): Promise<VerifyReport> {
  const since = sinceMs === null ? null : new Date(sinceMs)
  const client = await openForVerify(url)
  try {
    const rowSource = await beginSnapshot(client, isLight)
    const chosen = checks.filter(check => check.isLight || !isLight)
    const results: VerifyCheck[] = []
    for (const { name, size, findings } of chosen) {
      const { rows: found } = await client.query<{ finding: string }>(over(rowSource, findings), [since])
      const { rows } = await client.query<{ checked: string }>(over(rowSource, size), [since])
      results.push({
        name,
        ok: found.length === 0,
        checked: Number(rows[0]?.checked ?? 0),
        findings: found.map(row => row.finding),
      })
    }
    await client.query('commit')
    const gapOffsets = results.find(({ name }) => name === gaps.name)!.checked
    return { ok: results.every(({ ok }) => ok), gapOffsets, checks: results }
  } catch (error) {
    throw storeError(error, 'verify')
  } finally {
    await client.end()
  }
}

/** A standby will do. */
async function openForVerify(url: string): Promise<pg.Client> {
  try {
    const options = { name: 'logcollector verify', connectTimeoutMs: CONNECT_TIMEOUT_MS }
    return (await connectClient({ url, access: 'read', ...options })).client
  } catch (error) {
    throw storeError(error, 'verify')
  }
}

// By a function: in a text, $$ and its like would mean something.
const over = (rowSource: string, sql: string): string => sql.replaceAll(ROWS, () => rowSource)
