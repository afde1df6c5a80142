/** The figures in README.md, from the result of the whole path: `npm run docs` writes them between their markers. */
import { grouped } from './markdown.ts'
import type { PipelineFigures } from './pipeline.ts'
import { readResult } from './results.ts'

const barWidth = 40

/** Bars in proportion, the largest in full width. */
function bars(unit: string, lines: readonly (readonly [string, number])[], digits: number): string[] {
  const most = Math.max(...lines.map(([, value]) => value))
  const widest = Math.max(...lines.map(([name]) => name.length))
  return lines.map(([name, value]) => {
    const bar = '█'.repeat(Math.max(1, Math.round((value / most) * barWidth)))
    return `${name.padEnd(widest)}  ${bar} ${digits ? value.toFixed(digits) : grouped(value)} ${unit}`
  })
}

/** The figures of README.md: medians of the whole path. */
export function pipelineChart(): string {
  const report = readResult<PipelineFigures>('pipeline')
  if (report === null) return 'No result yet: `npm run bench -- pipeline` makes one.'
  const { figures, machine } = report
  return [
    '```',
    ...bars(
      'rows/s',
      [
        ['Kafka to COMMIT', figures.rowsPerSecond.median],
        ['ceiling: COPY from a file', figures.ceilingRowsPerSecond.median],
      ],
      0,
    ),
    '',
    ...bars(
      'µs a row',
      [
        ['CPU of LogCollector', figures.ourCpuUsPerRow.median],
        ['CPU of Postgres', figures.postgresCpuUsPerRow.median],
      ],
      2,
    ),
    '```',
    '',
    `Medians of ${figures.rounds.length} rounds with ${grouped(figures.records)} JSON records of ${Math.round(figures.bytesPerRecord)} bytes, Kafka, Postgres and LogCollector together on ${machine.cores} cores; peak memory ${Math.round(figures.peakRssMiB.median)} MiB. [BENCHMARKS.md](BENCHMARKS.md) says how.`,
  ].join('\n')
}
