/** The whole path and what it is held against, without running any: commands, shares of the files, its section. */
import * as assert from 'uvu/assert'
import type { LoadRound } from '../../native-bench/pipeline/ceiling.ts'
import { DUMP_FILES, filesOfSessions } from '../../native-bench/pipeline/dump.ts'
import { copyCommand, rowsLoaded } from '../../native-bench/pipeline/psql.ts'
import { pipelineSection } from '../../native-bench/pipeline/section.ts'
import type { PipelineFigures } from '../../native-bench/pipeline.ts'
import { makeReport, summarize } from '../../native-bench/report.ts'
import { suite } from '../support/suite.ts'

const test = suite('native-bench/pipeline')

test('sessions share the files, each of which is loaded once', () => {
  assert.equal(filesOfSessions(1), [[0, 1]])
  assert.equal(filesOfSessions(2), [[0], [1]])
  for (let sessions = 1; sessions <= DUMP_FILES; sessions++)
    assert.equal(
      filesOfSessions(sessions).flat().sort(),
      Array.from({ length: DUMP_FILES }, (_, file) => file),
    )
})

test('a path with a quote stays one path for psql', () => {
  assert.is(copyCommand('/a/b.binary'), `\\copy logcollector.logs from '/a/b.binary' (format binary)`)
  assert.match(copyCommand(`/it's`), `'/it''s'`)
})

test('rows are what psql says of each command, and nothing where it says nothing', () => {
  assert.is(rowsLoaded('COPY 1000\n'), 1000)
  assert.is(rowsLoaded('COPY 1000\nCOPY 234\n'), 1234)
  assert.is(rowsLoaded('NOTICE: COPY 7 was a joke\n'), 0)
})

const once: LoadRound = { rowsPerSecond: 600_000, seconds: 8.3, postgresCpuUsPerRow: 2.4 }
const program = {
  rowsPerSecond: 500_000,
  seconds: 10,
  transactions: 164,
  ourCpuUsPerRow: 0.75,
  startCpuSeconds: 0.8,
  postgresCpuUsPerRow: 2.65,
  kafkaCpuUsPerRow: 0.15,
  peakRssBytes: 240e6,
}

/** Figures of one round; psql as given, absent where the result is older than it. */
function reportWith(psql: Pick<PipelineFigures, 'psqlRowsPerSecond' | 'ofPsqlCopy'>, round: object) {
  const figure = summarize([1])
  const figures: PipelineFigures = {
    records: 5_000_000,
    bytesPerRecord: 299,
    partitions: 4,
    versions: { kafka: '4.4.0', postgres: '17.1' },
    postgresSettings: { shared_buffers: '1GB' },
    settings: [],
    rounds: [{ program, ceiling: once, load: 1, ...round }],
    rowsPerSecond: figure,
    ceilingRowsPerSecond: figure,
    ofCeiling: figure,
    ...psql,
    ourCpuUsPerRow: figure,
    postgresCpuUsPerRow: figure,
    kafkaCpuUsPerRow: figure,
    ofPostgresCpu: figure,
    peakRssMiB: figure,
  }
  return makeReport('pipeline', 'npm run bench -- pipeline', figures)
}

test('the section shows psql where it was compared', () => {
  const psql = { ...once, rowsPerSecond: 555_555 }
  const section = pipelineSection(
    reportWith({ psqlRowsPerSecond: summarize([555_555]), ofPsqlCopy: summarize([0.9]) }, { psql }),
  )
  for (const part of [
    'two processes of psql',
    '| rows a second, psql \\copy | 555,555 | 555,555 | 555,555 |',
    '| of psql \\copy | 0.90 | 0.90 | 0.90 |',
    '| Round | rows/s | ceiling | psql | ours |',
    '| 1 | 500,000 | 600,000 | 555,555 | 0.75 |',
  ])
    assert.ok(section.includes(part), part)
})

test('it says that there was no psql, and nothing of it in an older result', () => {
  const without = pipelineSection(reportWith({ psqlRowsPerSecond: null, ofPsqlCopy: null }, { psql: null }))
  assert.match(without, 'No psql came with that Postgres')
  assert.match(without, '| 1 | 500,000 | 600,000 | 0.75 |')
  assert.not.match(pipelineSection(reportWith({}, {})), 'psql')
})

test.run()
