/**
 * What others publish of how fast they parse, for comparison: their figures, machines and inputs, not ours. Each was
 * read at its address; what it measures is said, for none measures just what the kernel does.
 */

export interface Published {
  readonly name: string
  readonly MBps: number
  readonly what: string
  /** Title of the page and where it is. */
  readonly source: string
  readonly url: string
  /** A line of reference in the chart: what is near enough to the kernel's JSON. */
  readonly isInChart: boolean
}

const loongcollector = {
  source: 'LoongCollector, README, Performance Benchmarks',
  url: 'https://github.com/alibaba/loongcollector/blob/5495ab4311d5c4020c9be8f5fa3cc525ac713553/README.md',
}
const vector = {
  source: 'Vector, README of 0.7.2, Performance',
  url: 'https://github.com/vectordotdev/vector/blob/00653bfc5bdee996811277cc3246665cbccb7710/README.md',
}
const singleLine = '“Single Line”: maximum throughput, by the makers of LoongCollector'
const regexByLoong = '“Regex Parsing”: maximum throughput, by the makers of LoongCollector'
const regexByVector = '“Regex Parsing” of the test harness of Vector’s makers, in MiB/s there'
const mebibyte = 2 ** 20 / 1e6

export const published: readonly Published[] = [
  {
    name: 'simdjson, NDJSON',
    MBps: 3500,
    what: 'JSON parsed and UTF-8 checked, nothing written; native code, several threads',
    source: 'simdjson, README',
    url: 'https://github.com/simdjson/simdjson/blob/00071b08dba2f15fde99910276f7708deb7e5134/README.md',
    isInChart: true,
  },
  {
    name: 'fastjson (Go), 190 bytes',
    MBps: 290.06,
    what: 'JSON parsed and a few fields read (small/fastjson-get), one thread',
    source: 'fastjson, README, Benchmarks',
    url: 'https://github.com/valyala/fastjson/blob/022c10f7c414fe9cedd5592008fac2cb3d0ab777/README.md',
    isInChart: true,
  },
  {
    name: 'LoongCollector, single line',
    MBps: 546,
    what: `${singleLine}; one processing thread`,
    ...loongcollector,
    isInChart: true,
  },
  { name: 'Vector, single line', MBps: 38, what: singleLine, ...loongcollector, isInChart: true },
  { name: 'Fluent Bit, single line', MBps: 36, what: singleLine, ...loongcollector, isInChart: false },
  { name: 'LoongCollector, regex', MBps: 68, what: regexByLoong, ...loongcollector, isInChart: false },
  { name: 'Fluent Bit, regex', MBps: 19, what: regexByLoong, ...loongcollector, isInChart: false },
  { name: 'Vector, regex', MBps: 12, what: regexByLoong, ...loongcollector, isInChart: false },
  {
    name: 'Fluent Bit, regex, by Vector’s makers',
    MBps: 20.5 * mebibyte,
    what: regexByVector,
    ...vector,
    isInChart: false,
  },
  {
    name: 'Vector, regex, by its makers',
    MBps: 13.2 * mebibyte,
    what: regexByVector,
    ...vector,
    isInChart: false,
  },
]
