/**
 * verify --kafka on real servers: quiet where what the broker holds is stored, whatever the codec and with transactions
 * and compaction, and loud where rows and ledger were changed so that Postgres alone cannot tell.
 */
import { randomUUID } from 'node:crypto'
import { CompressionTypes, type Message } from 'kafkajs'
import * as assert from 'uvu/assert'
import type { VerifyCheck, VerifyReport } from '../../src/store/verify/index.ts'
import { cli } from '../support/cli.ts'
import { createKafkaClient, database, kafkaAddress, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('verify --kafka', { timeoutMs: 90_000 })
const DEADLINE_MS = 30_000
const ROUND = 100
const SECOND_MS = 1_000
/** kafkajs' ConfigResourceTypes.BROKER. */
const BROKER = 4

let plain = ''
let transactions = ''
let compacted = ''
let settings: Readonly<Record<string, string>> = {}
/** One past the last offset of each topic. */
const ends = new Map<string, number>()

const admin = createKafkaClient().admin()

interface Answer {
  readonly code: number
  readonly note: string
  readonly report: VerifyReport
}

async function verify(...args: readonly string[]): Promise<Answer> {
  const flags = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const { code, note, out } = await cli('verify', '--json', ...flags, ...args)
  return { code, note, report: out === '' ? { ok: false, gapOffsets: 0, checks: [] } : JSON.parse(out) }
}

const findingsOf = ({ report }: Answer): string[] => report.checks.flatMap(({ findings }) => findings)
const countsOf = ({ report }: Answer): VerifyCheck => report.checks.at(-1)!

async function brokerName(): Promise<string> {
  const { brokers } = await admin.describeCluster()
  return String(brokers[0]!.nodeId)
}

const messages = (count: number, more: (n: number) => Partial<Message> = () => ({})): Message[] =>
  Array.from({ length: count }, (_, n) => ({ value: JSON.stringify({ msg: `record ${n}`, n }), ...more(n) }))

/** Gzipped batches, each stored before the next is sent: so many ranges of the ledger. */
async function sendRounds(rounds: number, isStored: () => Promise<unknown>): Promise<void> {
  const producer = createKafkaClient().producer()
  await producer.connect()
  cleanUp(() => producer.disconnect())
  for (let round = 1; round <= rounds; round++) {
    await producer.send({ topic: plain, messages: messages(ROUND), compression: CompressionTypes.GZIP })
    ends.set(plain, round * ROUND)
    await isStored()
  }
}

/** 4 committed, 5 aborted, 3 plain, 2 aborted; a marker each. */
async function sendTransactions(): Promise<void> {
  const options = { idempotent: true, maxInFlightRequests: 1 }
  const writer = createKafkaClient().producer({ ...options, transactionalId: `verify-${randomUUID()}` })
  const other = createKafkaClient().producer(options)
  for (const one of [writer, other]) {
    await one.connect()
    cleanUp(() => one.disconnect())
  }
  for (const [count, isCommitted] of [
    [4, true],
    [5, false],
    [2, false],
  ] as const) {
    const transaction = await writer.transaction()
    await transaction.send({
      topic: transactions,
      messages: messages(count),
      compression: CompressionTypes.GZIP,
    })
    if (count === 2) await other.send({ topic: transactions, messages: messages(3) })
    await (isCommitted ? transaction.commit() : transaction.abort())
  }
  ends.set(transactions, 4 + 5 + 2 + 3 + 3)
}

/** Three keys over and over, then a record of a later second: it rolls the segment, which may be compacted then. */
async function sendKeyed(): Promise<void> {
  const producer = createKafkaClient().producer()
  await producer.connect()
  cleanUp(() => producer.disconnect())
  const at = Date.now() - 60 * SECOND_MS
  const keyed = (count: number, timestamp: number) =>
    messages(count, n => ({ key: `key ${n % 3}`, timestamp: String(timestamp) }))
  await producer.send({ topic: compacted, messages: keyed(ROUND, at) })
  await producer.send({ topic: compacted, messages: keyed(1, at + 10 * SECOND_MS) })
  ends.set(compacted, ROUND + 1)
}

test.before(async () => {
  plain = await topic()
  transactions = await topic({ settings: { 'compression.type': 'zstd' } })
  compacted = await topic({
    settings: { 'cleanup.policy': 'compact', 'segment.ms': '1000', 'min.cleanable.dirty.ratio': '0.01' },
  })
  settings = {
    'kafka.brokers': kafkaAddress(),
    'kafka.topics': [plain, transactions, compacted].join(','),
    'kafka.group_id': `verify-${randomUUID()}`,
    'postgres.url': await database(),
  }
  await admin.connect()
  cleanUp(() => admin.disconnect())
  await sendTransactions()
  await sendKeyed()
  const engine = startEngine(settings)
  const areStored = () => {
    const committed = new Map(engine.engine.snapshot().partitions.map(one => [one.topic, one.committed]))
    return [...ends].every(([name, end]) => committed.get(name) === end)
  }
  await sendRounds(3, () => until(areStored, { deadlineMs: DEADLINE_MS, what: 'all is stored' }))
  assert.ok(await engine.stop())
})

test('what the broker holds is what the ledger has, of all codecs and of committed transactions alone', async () => {
  for (const scope of [['--full'], ['--since', '1h']]) {
    const answer = await verify('--kafka', ...scope)
    assert.is(answer.code, 0, `${answer.note}${findingsOf(answer).join('\n')}`)
    const names = answer.report.checks.map(({ name }) => name)
    assert.equal(names.slice(-3), [
      'topics are the ones that were stored',
      'positions lie in the logs of the brokers',
      'the brokers have as many records as the ledger',
    ])
    assert.equal(
      answer.report.checks.slice(-3, -1).map(({ checked }) => checked),
      [3, 3],
    )
  }
})

test('under another isolation than it was stored with, the aborted records show', async () => {
  const answer = await verify('--kafka', '--full', '--set', 'kafka.isolation=read_uncommitted')
  assert.is(answer.code, 3)
  const wrong = findingsOf(answer)
  assert.ok(
    wrong.length > 0 && wrong.every(finding => finding.startsWith(`${transactions}/0: offsets `)),
    wrong.join(),
  )
  const missing = wrong.map(finding => Number(/: (\d+) are missing$/.exec(finding)![1]))
  assert.is(
    missing.reduce((sum, one) => sum + one, 0),
    7,
  )
})

test('records that compaction took since are said, not judged; the others are still compared', async () => {
  const resource = { type: BROKER, name: await brokerName() }
  const backoff = [{ name: 'log.cleaner.backoff.ms', value: '200' }]
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: backoff }] })
  cleanUp(() => admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [] }] }))
  const isCompacted = async (): Promise<Answer | false> => {
    const answer = await verify('--kafka', '--full')
    assert.is(answer.code, 0, `${answer.note}${findingsOf(answer).join('\n')}`)
    return countsOf(answer).notes?.some(note => note.includes('that compaction emptied since'))
      ? answer
      : false
  }
  const answer = await until(isCompacted, {
    deadlineMs: 60_000,
    everyMs: 200,
    what: 'the topic is compacted',
  })
  const [note] = countsOf(answer).notes!.filter(note => note.startsWith(`${compacted}: not compared: `))
  assert.match(note ?? '', / offsets in \d+ ranges? that compaction emptied since$/)
})

test('rows that are gone from tables, ledger and rollups alike are found, with their range', async () => {
  const url = settings['postgres.url']!
  const ofPlain = `topic_id = (select topic_id from logcollector.topics where topic = '${plain}')`
  await execute(
    url,
    `delete from logcollector.logs where ${ofPlain} and kafka_offset between 120 and 124`,
    `update logcollector.ingest_ledger set stored = stored - 5, skipped = skipped + 5
     where ${ofPlain} and first_offset <= 120 and next_offset > 124`,
    'delete from logcollector.log_rollup_1m',
    `insert into logcollector.log_rollup_1m
     select date_trunc('minute', ts), coalesce(service, ''), severity, topic_id, kafka_partition, count(*), 0
     from logcollector.logs group by 1, 2, 3, 4, 5`,
  )
  const alone = await verify('--full')
  assert.is(alone.code, 0, 'Postgres alone cannot tell')
  const answer = await verify('--kafka', '--full')
  assert.is(answer.code, 3)
  assert.equal(findingsOf(answer), [
    `${plain}/0: offsets 100 to 200: the broker has 100 records, one at every offset, so that none may be skipped; stored, dead, dropped or expired are 95: 5 are missing`,
  ])
})

test('records that retention took since are said; a position that it overtook is found', async () => {
  const cut = (offset: number) =>
    admin.deleteTopicRecords({ topic: plain, partitions: [{ partition: 0, offset: String(offset) }] })
  // The admin knows the leader from here on.
  await admin.fetchTopicOffsets(plain)
  await cut(250)
  const answer = await verify('--kafka', '--full')
  assert.equal([answer.code, findingsOf(answer)], [0, []])
  const [note] = countsOf(answer).notes!.filter(note => note.startsWith(plain))
  assert.is(
    note,
    `${plain}: not compared: 250 offsets in 3 ranges below the start of the logs, which retention moved`,
  )
  const producer = createKafkaClient().producer()
  await producer.connect()
  cleanUp(() => producer.disconnect())
  await producer.send({ topic: plain, messages: messages(20) })
  await cut(310)
  const after = await verify('--kafka', '--full')
  assert.is(after.code, 3)
  assert.equal(findingsOf(after), [
    `${plain}/0: the position is 300, the log begins at 310: 10 offsets went before they were stored`,
  ])
})

test('a topic that is gone, and one that was recreated, are found', async () => {
  const name = await topic()
  const everything = `${settings['kafka.topics']},${name}`
  const insert = (topicId: string) =>
    execute(
      settings['postgres.url']!,
      `with made as (insert into logcollector.topics (cluster_id, group_id, topic, kafka_topic_id)
         select cluster_id, group_id, '${name}', '${topicId}' from logcollector.topics limit 1 returning topic_id)
       insert into logcollector.offsets (topic_id, kafka_partition, start_offset, next_offset) select topic_id, 0, 0, 0 from made`,
    )
  await insert(randomUUID())
  const recreated = await verify('--kafka', '--since', '1h', '--set', `kafka.topics=${everything}`)
  assert.match(findingsOf(recreated).join('\n'), new RegExp(`${name}: it was recreated: its id is `))
  await execute(
    settings['postgres.url']!,
    `update logcollector.topics set topic = 'gone' where topic = '${name}'`,
  )
  const gone = await verify('--kafka', '--since', '1h', '--set', `kafka.topics=${everything},gone`)
  assert.ok(findingsOf(gone).includes('gone: the brokers do not have it'))
  const dropped = await verify('--kafka', '--since', '1h', '--set', `kafka.topics=${everything}`)
  assert.ok(!findingsOf(dropped).includes('gone: the brokers do not have it'), 'nobody reads it any more')
})

test('what another group stored is said, not judged', async () => {
  const answer = await verify('--kafka', '--since', '1h', '--set', 'kafka.group_id=another')
  assert.equal([answer.code, countsOf(answer).checked], [0, 0])
  const notes = countsOf(answer).notes ?? []
  assert.is(notes.length, 3)
  assert.ok(
    notes.every(note => note.endsWith(' of another cluster or group')),
    notes.join(),
  )
})

test('without Kafka it says so at once, with the remedy', async () => {
  const { code, note } = await cli(
    'verify',
    '--kafka',
    '--set',
    'kafka.brokers=127.0.0.1:1',
    '--set',
    'kafka.topics=t',
  )
  assert.is(code, 4)
  assert.match(note, /127\.0\.0\.1:1/)
  assert.match(note, /remedy: /)
})

test.run()
