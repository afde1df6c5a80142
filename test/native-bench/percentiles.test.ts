/** Latencies of records from acknowledgements and looks, and their percentiles. */
import * as assert from 'uvu/assert'
import { endsOf, latencies, percentile } from '../../native-bench/latency/percentiles.ts'
import { suite } from '../support/suite.ts'

const test = suite('native-bench/percentiles')

const looks = [
  { at: 100, next: new Map([[0, 10]]) },
  {
    at: 130,
    next: new Map([
      [0, 20],
      [1, 5],
    ]),
  },
]

test('each record counts from its acknowledgement to the first look at which it was visible', () => {
  const acks = [
    { at: 90, partition: 0, next: 20, records: 2 },
    { at: 95, partition: 0, next: 8, records: 3 },
    // Seen before the acknowledgement arrived.
    { at: 140, partition: 1, next: 5, records: 1 },
  ]
  assert.equal([...latencies(acks, looks)], [0, 5, 5, 5, 40, 40])
  assert.equal(
    [...endsOf(acks)],
    [
      [0, 20],
      [1, 5],
    ],
  )
})

test('what was never seen is an error', () =>
  assert.throws(
    () => latencies([{ at: 0, partition: 1, next: 6, records: 1 }], looks),
    /offset 5 of partition 1/,
  ))

test('a percentile is a value that was measured', () => {
  const sorted = Float64Array.from({ length: 1000 }, (_, n) => n + 1)
  assert.equal(
    [50, 99, 99.9, 100].map(percent => percentile(sorted, percent)),
    [500, 990, 999, 1000],
  )
  assert.is(percentile(Float64Array.of(7), 99.9), 7)
})

test.run()
