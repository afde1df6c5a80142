/**
 * docs/operations.md as an administrator would follow it: the grants are enough for the program and for verify, and the
 * statements for halted partitions leave a database that the program goes on with and verify finds clean.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { produce } from '../../src/produce/produce.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import { verify } from '../../src/store/verify/index.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { startProgram } from '../../stack/program.ts'
import { createKafkaClient, database, kafkaAddress, postgresAddress, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'

const test = suite('operations', { timeoutMs: 60_000 })
const page = readFileSync(join(repositoryRoot, 'docs', 'operations.md'), 'utf8')
const unique = randomUUID().slice(0, 8)

/** The SQL under `<!-- test: name -->`, for a role of this run and with psql's variables filled in. */
function statements(name: string, variables: Readonly<Record<string, number>> = {}): string {
  const sql = new RegExp(`<!-- test: ${name} -->\\n\`\`\`sql\\n([^\`]+)`).exec(page)?.[1]
  assert.ok(sql, `${name} in docs/operations.md`)
  return sql
    .replace(/logcollector_(writer|reader)/g, `$&_${unique}`)
    .replace(/:([a-z]+)/g, (_, variable: string) => String(variables[variable]))
}

async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T & pg.QueryResultRow>(sql)).rows
  } finally {
    await client.end()
  }
}

const fill = (name: string, records: number, seed: number): Promise<unknown> =>
  produce({
    brokers: kafkaAddress().split(','),
    topic: name,
    source: createGeneratedSource({
      seed,
      records,
      startMs: Date.now() - 60_000,
      spanMs: 60_000,
      keys: false,
    }),
  })

/** Runs the program as the role of `url` until so many rows are stored. */
async function store(url: string, admin: string, topicName: string, rows: number): Promise<void> {
  const program = startProgram({
    settings: [
      `kafka.brokers=${kafkaAddress()}`,
      `kafka.topics=${topicName}`,
      `kafka.group_id=${topicName}`,
      `postgres.url=${url}`,
    ],
    onLine: () => undefined,
  })
  try {
    const stored = async (): Promise<boolean> => {
      const [row] = await query<{ count: string }>(admin, 'select count(*) from logcollector.logs')
      return Number(row!.count) === rows
    }
    await Promise.race([until(stored, { deadlineMs: 40_000, what: `${rows} rows` }), program.failed])
  } finally {
    assert.is(await program.stop(), 0)
  }
}

const as = (url: string, role: string): string => {
  const other = new URL(url)
  other.username = `${role}_${unique}`
  return other.href
}

test('the writer’s grants are enough to run, the reader’s to verify', async () => {
  const url = await database()
  cleanUp(() =>
    execute(
      postgresAddress(),
      `drop role logcollector_writer_${unique}`,
      `drop role logcollector_reader_${unique}`,
    ),
  )
  cleanUp(() => execute(url, `drop owned by logcollector_writer_${unique}, logcollector_reader_${unique}`))
  await query(url, statements('writer'))
  await query(url, statements('reader'))
  const name = await topic()
  await fill(name, 500, 1)
  await store(as(url, 'logcollector_writer'), url, name, 500)
  const report = await verify(as(url, 'logcollector_reader'), { sinceMs: null })
  assert.ok(report.ok, JSON.stringify(report))
  // Not more than needed, either.
  const refused = query(as(url, 'logcollector_reader'), 'delete from logcollector.logs').then(
    () => null,
    (error: unknown) => (error as { code?: string }).code,
  )
  assert.is(await refused, '42501')
})

test('a gap that is written as the page says is passed, and verify is clean', async () => {
  const url = await database()
  const name = await topic()
  await fill(name, 300, 1)
  await store(url, url, name, 300)
  await fill(name, 200, 2)
  await removeBefore(name, 400)
  const [position] = await query<{ topic_id: number; next_offset: string }>(
    url,
    'select * from logcollector.offsets',
  )
  assert.is(Number(position!.next_offset), 300)
  await query(url, statements('gap', { topic: position!.topic_id, partition: 0, first: 300, next: 400 }))
  await store(url, url, name, 400)
  const report = await verify(url, { sinceMs: null })
  assert.ok(report.ok, JSON.stringify(report))
})

test('a topic made anew is read from its start under a new incarnation', async () => {
  const url = await database()
  const name = await topic()
  await fill(name, 300, 1)
  await store(url, url, name, 300)
  const [position] = await query<{ topic_id: number }>(url, 'select topic_id from logcollector.offsets')
  await query(url, statements('incarnation', { topic: position!.topic_id }))
  // The same log stands for the new one: only its offsets matter.
  await store(url, url, name, 600)
  const report = await verify(url, { sinceMs: null })
  assert.ok(report.ok, JSON.stringify(report))
})

/** Deletes the records of partition 0 below `offset`, as retention would. */
async function removeBefore(name: string, offset: number): Promise<void> {
  const admin = createKafkaClient().admin()
  await admin.connect()
  try {
    // Makes the client learn of the topic, which deleteTopicRecords takes for done.
    await admin.fetchTopicOffsets(name)
    await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: String(offset) }] })
  } finally {
    await admin.disconnect()
  }
}

test.run()
