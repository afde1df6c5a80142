/** What users choose, without storing any of it: nothing is left out, names are unique, the section and chart show all. */
import * as assert from 'uvu/assert'
import { barChart } from '../../native-bench/charts/bar-chart.ts'
import { variationsChart } from '../../native-bench/charts/list.ts'
import { makeReport } from '../../native-bench/report.ts'
import { variations } from '../../native-bench/variations/list.ts'
import { ratesOfUsual, runsOfRound } from '../../native-bench/variations/order.ts'
import { runsToGo } from '../../native-bench/variations/progress.ts'
import { variationsSection } from '../../native-bench/variations/section.ts'
import type { VariationFigures, VariationsFigures } from '../../native-bench/variations.ts'
import { loadConfig } from '../../src/config/index.ts'
import { suite } from '../support/suite.ts'

const test = suite('native-bench/variations')
const [usual, ...varied] = variations

test('everything is varied that users choose', () => {
  const names = (dimension: string): string[] =>
    varied.filter(each => each.dimension === dimension).map(({ name }) => name)
  assert.is(usual!.name, 'JSON, 300 bytes, 4 partitions')
  assert.is(usual!.codec, 'none')
  for (const format of ['logfmt', 'access log', 'syslog, RFC 3164', 'access log, by a regular expression'])
    assert.ok(names('format').includes(format), format)
  assert.equal(names('record size'), ['100 bytes', '1 kB', '10 kB'])
  assert.equal(names('compression'), ['gzip', 'snappy', 'lz4', 'zstd'])
  assert.equal(names('partitions'), ['1', '16', '64'])
  for (const dimension of ['workers', 'writers', 'arena', 'indexes'])
    assert.ok(names(dimension).length >= 2, dimension)
})

test('dimensions lie together, and no two variations have one name', () => {
  const dimensions = variations.map(({ dimension }) => dimension)
  const begins = dimensions.filter((dimension, index) => dimension !== dimensions[index - 1])
  assert.is(new Set(begins).size, begins.length)
  const names = variations.map(({ dimension, name }) => `${dimension} ${name}`)
  assert.is(new Set(names).size, names.length)
})

test('variations that share a topic agree in what it holds', () => {
  for (const { topic, partitions, codec, bytesPerRecord } of variations) {
    const owner = variations.find(each => each.topic === topic)!
    assert.equal([partitions, codec, bytesPerRecord], [owner.partitions, owner.codec, owner.bytesPerRecord])
  }
})

test('all settings are accepted', () => {
  const pairOf = (setting: string): [string, string] => {
    const at = setting.indexOf('=')
    return [setting.slice(0, at), setting.slice(at + 1)]
  }
  for (const { settings, topic } of variations) {
    const given = ['kafka.brokers=localhost:9092', `kafka.topics=${topic}`, ...settings]
    const overrides = Object.fromEntries(given.map(setting => pairOf(setting.replace('{topic}', topic))))
    loadConfig({ file: null, env: {}, overrides })
  }
})

test('an estimate of what is to come is like what was', () => {
  assert.is(runsToGo(10, 140, 100_000), 'run 10 of 140, about 22 min to go')
  assert.is(runsToGo(1, 2, 1), 'run 1 of 2, about 1 min to go')
  assert.is(runsToGo(140, 140, 1e6), 'run 140 of 140')
})

test('a round begins and ends with the usual records, and has them in between', () => {
  assert.equal(runsOfRound(1), [0])
  assert.equal(runsOfRound(3), [0, 1, 2, 0])
  assert.equal(runsOfRound(7), [0, 1, 2, 3, 4, 0, 5, 6, 0])
  assert.equal(runsOfRound(5), [0, 1, 2, 3, 4, 0])
})

test('a rate is held against what the usual records would have given at its place', () => {
  // The usual records become slower by ten a run.
  const runs = [0, 1, 2, 0, 3, 0]
  assert.equal(ratesOfUsual(runs, [100, 90, 40, 70, 30, 50]), [
    100 / 70,
    1,
    40 / 80,
    70 / 70,
    30 / 60,
    50 / 70,
  ])
  assert.equal(ratesOfUsual([0], [100]), [1])
})

const figure = (median: number) => ({ min: median * 0.9, median, max: median * 1.1 })

const figuresOf = (dimension: string, name: string, ofUsual: number): VariationFigures => ({
  dimension,
  name,
  records: 1_000_000,
  bytesPerRecord: 300,
  rowsPerSecond: figure(500_000 * ofUsual),
  ofUsual: figure(ofUsual),
  ourCpuUsPerRow: figure(0.75),
  postgresCpuUsPerRow: figure(2.65),
  peakRssMiB: figure(230),
})

const figures: VariationsFigures = {
  rounds: 5,
  versions: { kafka: '4.4.0', postgres: '17.1' },
  variations: [
    figuresOf('default', 'JSON', 1),
    figuresOf('compression', 'gzip', 0.7),
    figuresOf('compression', 'zstd', 0.9),
    figuresOf('arena', '32 MiB', 0.8),
  ],
}
const report = makeReport('variations', 'npm run bench -- variations', figures)

test('the section groups its lines by what is varied', () => {
  const section = variationsSection(report)
  for (const line of [
    '| compression | gzip | 1,000,000 | 300 | 350,000 | 0.70 (0.63–0.77) | 0.75 | 2.65 | 230 |',
    '|  | zstd | 1,000,000 | 300 | 450,000 | 0.90 (0.81–0.99) | 0.75 | 2.65 | 230 |',
    '| arena | 32 MiB | 1,000,000 | 300 | 400,000 | 0.80 (0.72–0.88) | 0.75 | 2.65 | 230 |',
  ])
    assert.ok(section.includes(line), line)
})

test('the chart has a bar for each but the usual, which is a line', () => {
  const chart = variationsChart(report)
  assert.equal(
    chart.panels[0]!.bars.map(({ label }) => label),
    ['compression: gzip', 'compression: zstd', 'arena: 32 MiB'],
  )
  assert.match(barChart(chart), '>the usual</text>')
})

test.run()
