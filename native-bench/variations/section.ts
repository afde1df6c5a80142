/** The section of BENCHMARKS.md on what is varied, from results/variations.json. render.ts puts it in. */
import { circumstances, grouped } from '../markdown.ts'
import type { Report } from '../report.ts'
import type { VariationsFigures } from '../variations.ts'

/** The whole section. */
export function variationsSection(report: Report<VariationsFigures>): string {
  const { figures } = report
  const { versions } = figures
  const rows = figures.variations.map(each =>
    [
      each.dimension,
      each.name,
      grouped(each.bytesPerRecord),
      grouped(each.rowsPerSecond.median),
      `${each.ofUsual.median.toFixed(2)} (${each.ofUsual.min.toFixed(2)} to ${each.ofUsual.max.toFixed(2)})`,
      each.ourCpuUsPerRow.median.toFixed(2),
      each.postgresCpuUsPerRow.median.toFixed(2),
      grouped(each.peakRssMiB.median),
    ].join(' | '),
  )
  return `## One thing at a time

What does each thing that users choose cost? Everything else is as above; every round stores the usual records too, and the ratio to them within the round is what counts: median, least and most of ${figures.rounds} rounds. The rest are medians; memory is the peak.

${circumstances(report, [`Kafka ${versions.kafka}`, `Postgres ${versions.postgres}`])}

| | | bytes a record | rows/s | of the usual | ours, µs a row | Postgres, µs a row | RSS, MiB |
|---|---|--:|--:|--:|--:|--:|--:|
${rows.map(cells => `| ${cells} |`).join('\n')}`
}
