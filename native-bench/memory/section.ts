/** The section of BENCHMARKS.md on memory, from results/memory.json. render.ts puts it in. */
import { circumstances, grouped } from '../markdown.ts'
import type { MemoryFigures } from '../memory.ts'
import type { Report } from '../report.ts'
import { backlogName } from './backlogs.ts'

/** The whole section. */
export function memorySection(report: Report<MemoryFigures>): string {
  const { figures } = report
  const { versions } = figures
  const rows = figures.backlogs.map(backlog =>
    [
      backlogName(backlog, figures),
      grouped(backlog.records ?? figures.records),
      grouped(backlog.bytesPerRecord ?? figures.bytesPerRecord),
      grouped(backlog.peakRssMiB),
      figures.budgetMiB,
    ].join(' | '),
  )
  return `## Memory

Does memory keep its bound with a large backlog? JSON records lie in ${figures.partitions} partitions before the program starts, with ${figures.workers} workers and \`memory.budget\` at ${figures.budgetMiB} MiB. The peak is what the operating system says of the process from its start to the last commit; how fast it is on a machine of its own, the section on the whole path says.

${circumstances(report, [`Kafka ${versions.kafka}`, `Postgres ${versions.postgres}`])}

| Kafka batches | records | bytes in the mean | peak memory (RSS), MiB | bound, MiB |
|---|--:|--:|--:|--:|
${rows.map(cells => `| ${cells} |`).join('\n')}`
}
