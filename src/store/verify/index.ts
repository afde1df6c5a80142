/**
 * Proves from Postgres alone that what the ledger says is what is stored: ranges without holes, sums that agree, no
 * record twice, rollups equal to a recount. One REPEATABLE READ snapshot, so that it may run beside the writers.
 */
import pg from 'pg'
import { storeError } from '../connection.ts'
import { checks, ROWS } from './checks.ts'
import { beginSnapshot } from './snapshot.ts'

export interface VerifyCheck {
  readonly name: string
  readonly ok: boolean
  /** What was compared: ranges, rows or groups. */
  readonly checked: number
  /** In words, with partition and range. */
  readonly findings: readonly string[]
}

export interface VerifyReport {
  readonly ok: boolean
  readonly checks: readonly VerifyCheck[]
}

export interface VerifyOptions {
  /** Transactions committed since then, ms since 1970; null: everything. */
  readonly sinceMs: number | null
  /** Positions and ledger alone, without the rows. */
  readonly isLight?: boolean
}

export async function verify(
  url: string,
  { sinceMs, isLight = false }: VerifyOptions,
): Promise<VerifyReport> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'logcollector verify',
    options: '-c search_path=logcollector,pg_catalog -c timezone=UTC',
  })
  const since = sinceMs === null ? null : new Date(sinceMs)
  try {
    await client.connect()
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
    return { ok: results.every(({ ok }) => ok), checks: results }
  } catch (error) {
    throw storeError(error, 'verify')
  } finally {
    await client.end()
  }
}

const over = (rowSource: string, sql: string): string => sql.replaceAll(ROWS, rowSource)
