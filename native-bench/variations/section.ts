/** The section of BENCHMARKS.md on what is varied, from results/variations.json. render.ts puts it in. */
import { chartImage } from '../charts/list.ts'
import { circumstances, grouped, spread } from '../markdown.ts'
import type { Report } from '../report.ts'
import type { VariationsFigures } from '../variations.ts'

const digits = (value: number): string => value.toFixed(2)

/** The whole section. What is varied stands in the first of its lines. */
export function variationsSection(report: Report<VariationsFigures>): string {
  const { rounds, variations, versions } = report.figures
  const lines = variations.map((each, index) =>
    [
      each.dimension === variations[index - 1]?.dimension ? '' : each.dimension,
      each.name,
      grouped(each.records),
      grouped(each.bytesPerRecord),
      grouped(each.rowsPerSecond.median),
      spread(each.ofUsual, digits),
      each.ourCpuUsPerRow.median.toFixed(2),
      each.postgresCpuUsPerRow.median.toFixed(2),
      grouped(each.peakRssMiB.median),
    ].join(' | '),
  )
  return `## One thing at a time

What does each thing that users choose cost? Everything else is as on the whole path. In every round the usual records are stored again and again between the others, and the ratio to those just before and behind is what counts: median (least–most) of ${rounds} rounds; that of the usual records to themselves says how steady the machine was. The rest are medians; CPU is in µs a row, memory is the peak (RSS) in MiB. \`workers\` are threads.

${circumstances(report, [`Kafka ${versions.kafka}`, `Postgres ${versions.postgres}`])}

${chartImage('variations')}

| | | records | bytes each | rows/s | of the usual | CPU of LogCollector | CPU of Postgres | memory |
|---|---|--:|--:|--:|--:|--:|--:|--:|
${lines.map(cells => `| ${cells} |`).join('\n')}`
}
