/** What a row of the catalogue is, and the bounds of its histograms. Neighbours: catalogue.ts, catalogue-api.ts. */
export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels?: readonly string[]
  /** Upper bounds in seconds. */
  readonly buckets?: readonly number[]
  /** Of a gauge without labels: not shown before it was set, because 0 would mean something. */
  readonly startsUnset?: boolean
}

/** What takes moments. */
export const work = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Building an index of a segment takes from less than a second to hours. */
export const build = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400]
/** From moments to a day. */
export const age = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400]
