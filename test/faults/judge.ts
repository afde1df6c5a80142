/**
 * The verdict after a fault: every acknowledged record is stored exactly once and nothing else is, the positions are
 * at the end, the rollups equal a recount, and verify finds nothing. The oracle goes into a temporary table; the questions
 * are oracle-checks.ts and src/store/verify/checks.ts.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import * as assert from 'uvu/assert'
import { verify } from '../../src/store/verify/index.ts'
import type { Oracle } from './oracle.ts'
import { ENDS, endChecks, type Harm, oracleChecks, STORED } from './oracle-checks.ts'

const MOST_FINDINGS = 5

/** How many findings there are of each harm, and all of them in words; nothing in words: exactly once. */
export interface Judgement {
  readonly counts: Readonly<Record<Harm, number>>
  readonly findings: readonly string[]
}

export interface JudgeOptions {
  /** False: partitions that are halted stay behind, and only what they have passed is judged. True unless told. */
  readonly isAtEnd?: boolean
}

export async function judge(
  url: string,
  oracle: Oracle,
  topic: string,
  { isAtEnd = true }: JudgeOptions = {},
): Promise<Judgement> {
  const options = '-c search_path=logcollector,pg_catalog -c timezone=UTC'
  const client = new pg.Client({ connectionString: url, options })
  await client.connect()
  try {
    await load(client, oracle)
    await client.query(STORED, [topic])
    await client.query(ENDS, [topic])
    await client.query('analyze stored; analyze oracle')
    const counts = { lost: 0, duplicated: 0, phantom: 0, reordered: 0, gaps: 0, other: 0 }
    const findings: string[] = []
    for (const { name, harm, findings: sql } of [...oracleChecks, ...(isAtEnd ? endChecks : [])]) {
      const values = sql.includes('$1') ? [topic] : []
      const { rows } = await client.query<{ finding: string }>(sql, values)
      counts[harm] += rows.length
      if (rows.length > 0) findings.push(`${name}: ${rows.length}, such as ${examples(rows)}`)
    }
    const verified = await verifyFindings(url)
    counts.other += verified.length
    return { counts, findings: [...findings, ...verified] }
  } finally {
    await client.end()
  }
}

const examples = (rows: readonly { finding: string }[]): string =>
  rows
    .slice(0, MOST_FINDINGS)
    .map(({ finding }) => finding)
    .join('; ')

async function load(client: pg.Client, oracle: Oracle): Promise<void> {
  await client.query('create temporary table oracle (kp integer, koff bigint, id text)')
  const copy = client.query(copyFrom('copy oracle from stdin'))
  await pipeline(Readable.from(lines(oracle)), copy)
}

/** COPY text, in pieces that are worth a write. */
function* lines(oracle: Oracle): Generator<string> {
  let piece = ''
  for (const { partition, offset, id } of oracle.all()) {
    piece += `${partition}\t${offset}\t${id ?? '\\N'}\n`
    if (piece.length < 65_536) continue
    yield piece
    piece = ''
  }
  if (piece) yield piece
}

async function verifyFindings(url: string): Promise<string[]> {
  const { checks } = await verify(url, { sinceMs: null })
  return checks.flatMap(({ name, findings }) =>
    findings.length === 0
      ? []
      : [`verify, ${name}: ${findings.length}, such as ${findings.slice(0, MOST_FINDINGS).join('; ')}`],
  )
}

/** Throws what `judge` finds. */
export async function assertExactlyOnce(
  url: string,
  oracle: Oracle,
  topic: string,
  options: JudgeOptions = {},
): Promise<Judgement> {
  assert.ok(oracle.records > 0, 'the oracle knows no record, so there is nothing to judge')
  const judgement = await judge(url, oracle, topic, options)
  if (judgement.findings.length > 0) throw new FoundGuilty(judgement)
  return judgement
}

/** What was found is also in figures. */
export class FoundGuilty extends Error {
  readonly judgement: Judgement

  constructor(judgement: Judgement) {
    super(judgement.findings.join('\n'))
    this.judgement = judgement
  }
}
