/** The section of BENCHMARKS.md on memory, from results/memory.json. render.ts puts it in. */
import { circumstances, grouped } from '../markdown.ts'
import type { MemoryFigures } from '../memory.ts'
import type { Report } from '../report.ts'

/** The whole section. */
export function memorySection(report: Report<MemoryFigures>): string {
  const { figures } = report
  const { versions } = figures
  const rows = figures.backlogs.map(
    ({ codec, peakRssMiB }) =>
      `| ${codec === 'none' ? 'plain' : codec} | ${grouped(peakRssMiB)} | ${figures.budgetMiB} |`,
  )
  return `## Memory

Does memory keep its bound with a large backlog? ${grouped(figures.records)} JSON records of ${Math.round(figures.bytesPerRecord)} bytes in the mean lie in ${figures.partitions} partitions before the program starts, with ${figures.workers} workers and \`memory.budget\` at ${figures.budgetMiB} MiB. The peak is what the operating system says of the process from its start to the last commit; how fast it is on a machine of its own, the section above says.

${circumstances(report, [`Kafka ${versions.kafka}`, `Postgres ${versions.postgres}`])}

| Kafka batches | peak memory (RSS), MiB | bound, MiB |
|---|--:|--:|
${rows.join('\n')}`
}
