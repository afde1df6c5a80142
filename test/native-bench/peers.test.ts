/** The comparison with others, without running any: its records, the words for what happened, its section. */
import * as assert from 'uvu/assert'
import { peers } from '../../native-bench/peers/list.ts'
import { describeKill, describePoison, type PoisonOutcome } from '../../native-bench/peers/outcome.ts'
import { peerRecords, poisonId } from '../../native-bench/peers/records.ts'
import { peersSection } from '../../native-bench/peers/section.ts'
import type { PeersFigures, ProgramFigures } from '../../native-bench/peers.ts'
import { makeReport } from '../../native-bench/report.ts'
import { suite } from '../support/suite.ts'

const test = suite('native-bench/peers')

async function linesOf(records: number, poisonAt: number | null): Promise<Record<string, unknown>[]> {
  const source = peerRecords(records, poisonAt)
  const lines: Record<string, unknown>[] = []
  const take = (buffer: Buffer, start: number, end: number): void => {
    lines.push(JSON.parse(buffer.toString('utf8', start, end)))
  }
  while (await source.read(take, 7));
  return lines
}

test('every record is of one shape, about 300 bytes, with an id of its own', async () => {
  const lines = await linesOf(100, null)
  assert.is(lines.length, 100)
  assert.is(new Set(lines.map(({ id }) => id)).size, 100)
  for (const line of lines) {
    assert.equal(Object.keys(line), Object.keys(lines[0]!))
    assert.ok(Math.abs(JSON.stringify(line).length - 320) < 60, `${JSON.stringify(line).length} bytes`)
  }
})

test('the poison comes on top of the others, where asked for', async () => {
  const lines = await linesOf(20, 10)
  assert.is(lines.length, 21)
  assert.is(lines[10]!.id, poisonId)
  assert.match(String(lines[10]!.msg), '\0')
})

const harmless: PoisonOutcome = {
  records: 100_000,
  missing: 0,
  duplicated: 0,
  storedAs: 'request\ufffddone',
  aside: 0,
  lag: 0,
  ends: 0,
}

test('what a poison record does has words', () => {
  assert.is(describePoison(harmless), 'stored as “request\ufffddone”; no other record touched')
  assert.is(describePoison({ ...harmless, storedAs: null, aside: 1 }), 'kept aside; no other record touched')
  assert.is(describePoison({ ...harmless, storedAs: null, missing: 4999 }), 'gone, and 4,999 others lost')
  assert.is(
    describePoison({ ...harmless, storedAs: null, missing: 25_000, lag: 25_001, duplicated: 7, ends: 6 }),
    'stuck: 25,000 records are not stored; 7 rows twice; the program ended 6 times',
  )
  assert.is(describeKill({ lost: 0, duplicated: 69_013, seconds: 46 }), '0 / 69,013')
})

test('every program has a name of its own and says what it promises and fills', () => {
  assert.is(new Set(peers.map(({ name }) => name)).size, peers.length)
  assert.is(peers[0]!.name, 'logcollector')
  for (const { what, delivery, fills } of peers) assert.ok(what && delivery && fills)
})

test('the section shows each program, and which were left out', () => {
  const figure = { min: 1, median: 2, max: 3 }
  const program: ProgramFigures = {
    ...peers[0]!,
    rounds: [],
    rowsPerSecond: { min: 600_000, median: 654_321, max: 700_000 },
    ownCpuSecondsPerMillion: figure,
    postgresCpuSecondsPerMillion: figure,
    peakRssMiB: figure,
    startCpuSeconds: figure,
    poison: harmless,
    kill: { lost: 0, duplicated: 0, seconds: 30 },
  }
  const figures: PeersFigures = {
    records: 1_000_000,
    bytesPerRecord: 312.4,
    partitions: 4,
    versions: { kafka: '4.4.0', postgres: '17.1' },
    postgresSettings: { synchronous_commit: 'off' },
    programs: [program],
    leftOut: [{ name: 'telegraf', reason: 'no Go' }],
  }
  const section = peersSection(makeReport('peers', 'npm run bench -- peers', figures))
  for (const part of [
    '| logcollector | 654,321 (600,000–700,000) | 2.00 (1.00–3.00) |',
    '| logcollector | exactly once | stored as “request\ufffddone”; no other record touched | 0 / 0 | 30.0 |',
    'left out, could not be built there: telegraf',
    'synchronous_commit = off',
  ])
    assert.match(section, part)
})

test.run()
