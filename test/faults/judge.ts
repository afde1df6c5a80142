/**
 * The verdict after a fault: every acknowledged record is stored exactly once and nothing else is, the positions are
 * at the end, the rollups equal a recount, and verify finds nothing. The oracle goes into a temporary table, the
 * questions are SQL, and every row that one of them returns is a finding.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import * as assert from 'uvu/assert'
import { verify } from '../../src/store/verify/index.ts'
import type { Oracle } from './oracle.ts'

const MOST_FINDINGS = 5

/** What is stored of the topic, rows and dead letters alike; `text` holds the id of a record, whatever became of it. */
const STORED = `create temporary table stored as
  select kafka_partition as kp, kafka_offset as koff, 'row' as kind,
    attrs ->> 'id' as id, message as text
  from logs where topic_id in (select topic_id from topics where topic = $1)
  union all
  select kafka_partition, kafka_offset, 'dead letter', null, encode(raw, 'escape')
  from dead_letters where topic_id in (select topic_id from topics where topic = $1) and replayed_at is null`

const questions: Readonly<Record<string, string>> = {
  'lost: acknowledged and not stored': `
    select format('%s/%s %s', kp, koff, o.id) as finding
    from oracle o left join stored s using (kp, koff) where s.kind is null`,
  'stored and never acknowledged': `
    select format('%s/%s %s', kp, koff, kind) as finding
    from stored s left join oracle o using (kp, koff) where o.koff is null`,
  'stored more than once': `
    select format('%s/%s %s times', kp, koff, count(*)) as finding
    from stored group by kp, koff having count(*) > 1`,
  'one id at two places': `
    select format('id %s: %s times', id, count(*)) as finding
    from stored where id is not null group by id having count(*) > 1`,
  'another record than was acknowledged there': `
    select format('%s/%s has %s, acknowledged was %s', kp, koff, coalesce(s.id, s.text), o.id) as finding
    from oracle o join stored s using (kp, koff)
    where o.id is not null and s.id is distinct from o.id
      and (s.id is not null or s.text is null or s.text !~ (o.id || '([^0-9]|$)'))`,
  'positions that are not at the end': `
    select format('%s: %s where %s was acknowledged', kp, next_offset, e.next) as finding
    from (select kp, max(koff) + 1 as next from oracle group by kp) as e
      left join (select * from offsets where topic_id in (select topic_id from topics where topic = $1)) as p
        on p.kafka_partition = e.kp
    where next_offset is distinct from e.next`,
  'rollups that differ from a recount': `
    (select format('rollup %s %s %s %s %s', bucket, service, severity, kafka_partition, records) as finding from (
      select bucket, service, severity, topic_id, kafka_partition, records from log_rollup_1m
      except all
      select date_trunc('minute', ts), coalesce(service, ''), severity, topic_id, kafka_partition, count(*)
      from logs group by 1, 2, 3, 4, 5) as surplus)
    union all
    (select format('recount %s %s %s %s %s', bucket, service, severity, kafka_partition, records) from (
      select date_trunc('minute', ts) as bucket, coalesce(service, '') as service, severity, topic_id, kafka_partition,
        count(*) as records
      from logs group by 1, 2, 3, 4, 5
      except all
      select bucket, service, severity, topic_id, kafka_partition, records from log_rollup_1m) as missing)`,
}

/** What is wrong, in words; empty: exactly once. */
export async function judge(url: string, oracle: Oracle, topic: string): Promise<string[]> {
  const options = '-c search_path=logcollector,pg_catalog -c timezone=UTC'
  const client = new pg.Client({ connectionString: url, options })
  await client.connect()
  try {
    await load(client, oracle)
    await client.query(STORED, [topic])
    await client.query('analyze stored; analyze oracle')
    const findings: string[] = []
    for (const [what, sql] of Object.entries(questions)) {
      const values = sql.includes('$1') ? [topic] : []
      const { rows } = await client.query<{ finding: string }>(sql, values)
      if (rows.length > 0) findings.push(`${what}: ${rows.length}, such as ${examples(rows)}`)
    }
    return [...findings, ...(await verifyFindings(url))]
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
export async function assertExactlyOnce(url: string, oracle: Oracle, topic: string): Promise<void> {
  assert.ok(oracle.records > 0, 'the oracle knows no record, so there is nothing to judge')
  const findings = await judge(url, oracle, topic)
  assert.ok(findings.length === 0, findings.join('\n'))
}
