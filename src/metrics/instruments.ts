/** The instruments of prom-client for the catalogue. Neighbours: index.ts (counts), gauges.ts (shows). */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { type catalogue, METRIC_PREFIX, type MetricName, metricNames, metricOf } from './catalogue.ts'

export type Instruments = {
  readonly [N in MetricName]: (typeof catalogue)[N]['type'] extends 'counter'
    ? Counter
    : (typeof catalogue)[N]['type'] extends 'gauge'
      ? Gauge
      : Histogram
}

/** One of each, in this registry. */
export function createInstruments(registry: Registry): Instruments {
  const instruments: Partial<Record<MetricName, Counter | Gauge | Histogram>> = {}
  for (const name of metricNames) {
    const { type, help, labels = [], buckets = [], startsUnset = false } = metricOf(name)
    const common = { name: METRIC_PREFIX + name, help, labelNames: [...labels], registers: [registry] }
    const instrument =
      type === 'counter'
        ? new Counter(common)
        : type === 'gauge'
          ? new Gauge(common)
          : new Histogram({ ...common, buckets: [...buckets] })
    // prom-client begins with 0.
    if (startsUnset) instrument.remove()
    instruments[name] = instrument
  }
  return instruments as Instruments
}
