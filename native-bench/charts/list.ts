/**
 * The charts of BENCHMARKS.md, each from one result: `npm run docs` writes them to docs/charts/, a test holds them to
 * the results. One whose result is absent is not made.
 */
import { published } from '../kernel/published.ts'
import type { KernelFigures } from '../kernel.ts'
import type { LatencyFigures } from '../latency.ts'
import { grouped } from '../markdown.ts'
import type { PeersFigures } from '../peers.ts'
import type { PipelineFigures } from '../pipeline.ts'
import type { Report, Summary } from '../report.ts'
import { readResult } from '../results.ts'
import type { VariationsFigures } from '../variations.ts'
import { type Bar, type BarChart, barChart } from './bar-chart.ts'

const records = ({ figures }: Report<{ records: number; bytesPerRecord: number }>): string =>
  `${grouped(figures.records)} JSON records of ${Math.round(figures.bytesPerRecord)} bytes`

const medianBar = (label: string, { min, median, max }: Summary, series = 0): Bar => ({
  label,
  parts: [{ series, value: median }],
  spread: { min, max },
})

function pipelineRows(report: Report<PipelineFigures>): BarChart {
  const bars = report.figures.rounds.flatMap(({ program, ceiling, psql }, index) => [
    { label: `round ${index + 1}`, parts: [{ series: 0, value: program.rowsPerSecond }] },
    { label: '', parts: [{ series: 1, value: ceiling.rowsPerSecond }] },
    ...(psql ? [{ label: '', parts: [{ series: 2, value: psql.rowsPerSecond }] }] : []),
  ])
  const hasPsql = Boolean(report.figures.psqlRowsPerSecond)
  return {
    title: 'Rows a second from Kafka to COMMIT, beside the ceiling',
    description: `${records(report)}, every round: LogCollector, then COPY of the same rows from files of the server${hasPsql ? ', then by psql' : ''}.`,
    series: ['LogCollector', 'ceiling: COPY from files of the server', ...(hasPsql ? ['psql \\copy'] : [])],
    panels: [{ heading: 'rows a second', digits: 0, bars }],
  }
}

function pipelineCpu(report: Report<PipelineFigures>): BarChart {
  const bars = report.figures.rounds.flatMap(({ program, ceiling }, index) => [
    {
      label: `round ${index + 1}`,
      parts: [program.ourCpuUsPerRow, program.postgresCpuUsPerRow, program.kafkaCpuUsPerRow].map(
        (value, series) => ({ series, value }),
      ),
    },
    { label: 'its ceiling', parts: [{ series: 1, value: ceiling.postgresCpuUsPerRow }] },
  ])
  return {
    title: 'CPU a row, by process',
    description: `${records(report)}, every round: what each process is charged for a row, and Postgres for the ceiling.`,
    series: ['LogCollector', 'Postgres', 'Kafka'],
    panels: [{ heading: 'µs a row', digits: 2, bars }],
  }
}

function peersChart(report: Report<PeersFigures>): BarChart {
  const { programs } = report.figures
  const bars = (of: (program: PeersFigures['programs'][number]) => Summary): Bar[] =>
    programs.map((program, index) => medianBar(program.name, of(program), index === 0 ? 0 : 1))
  return {
    title: 'Ways from Kafka into Postgres',
    description: `${records(report)}: median, and from the least to the most of the rounds.`,
    series: ['LogCollector', 'others'],
    panels: [
      { heading: 'rows a second', digits: 0, bars: bars(({ rowsPerSecond }) => rowsPerSecond) },
      { heading: 'own CPU, s a million rows', digits: 2, bars: bars(each => each.ownCpuSecondsPerMillion) },
      { heading: 'peak memory (RSS), MiB', digits: 0, bars: bars(({ peakRssMiB }) => peakRssMiB) },
    ],
  }
}

function latencyChart({ figures }: Report<LatencyFigures>): BarChart {
  return {
    title: 'From acknowledgement to visible row',
    description: `Percentiles at shares of the maximum rate: median, and from the least to the most of ${figures.rounds} rounds.`,
    series: ['LogCollector'],
    panels: figures.shares.map(({ share, ms, producedPerSecond }) => ({
      heading: `ms at ${share * 100} % of the maximum rate (${grouped(producedPerSecond.median)} records a second)`,
      digits: 1,
      bars: ms.map(({ percentile, latency }) => medianBar(`p${percentile}`, latency)),
    })),
  }
}

function kernelChart({ figures }: Report<KernelFigures>): BarChart {
  return {
    title: 'Kafka batches to rows of COPY, one thread where nothing else is said',
    description: `All checks on, by format: median, and from the least to the most of ${figures.runs} runs.`,
    series: ['LogCollector'],
    panels: [
      {
        heading: 'MB/s',
        digits: 0,
        bars: [
          medianBar('json', figures.kernelMBps),
          ...(figures.parts ? [medianBar('json, scan and encode', figures.parts.scanEncodeMBps)] : []),
          ...(figures.threads
            ? [medianBar(`json, ${figures.threads.threads} threads`, figures.threads.MBps)]
            : []),
          ...figures.formats.map(({ name, MBps }) => medianBar(name, MBps)),
        ],
        references: [
          { label: 'JSON.parse alone, same run', value: figures.jsonParseMBps.median },
          ...published
            .filter(({ isInChart }) => isInChart)
            .map(({ name, MBps }) => ({ label: `published: ${name}`, value: MBps })),
        ],
      },
    ],
  }
}

/** All but the first, which is the usual one and a line across. */
export function variationsChart({ figures }: Report<VariationsFigures>): BarChart {
  const [, ...varied] = figures.variations
  return {
    title: 'What each thing costs that users choose',
    description: `Rows a second over those of the usual records in the same round: median, and from the least to the most of ${figures.rounds} rounds.`,
    series: ['LogCollector'],
    panels: [
      {
        heading: 'rows a second, of the usual',
        digits: 2,
        bars: varied.map(({ dimension, name, ofUsual }) => medianBar(`${dimension}: ${name}`, ofUsual)),
        references: [{ label: 'the usual', value: 1 }],
      },
    ],
  }
}

/** From the result of this name, or null. */
const from =
  <Figures>(result: string, chart: (report: Report<Figures>) => BarChart) =>
  (): BarChart | null => {
    const report = readResult<Figures>(result)
    return report && chart(report)
  }

const charts = {
  'pipeline-rows': from('pipeline', pipelineRows),
  'pipeline-cpu': from('pipeline', pipelineCpu),
  peers: from('peers', peersChart),
  latency: from('latency', latencyChart),
  kernel: from('kernel', kernelChart),
  variations: from('variations', variationsChart),
} as const

export const chartFolder = 'docs/charts'
const fileOf = (name: string): string => `${chartFolder}/${name}.svg`

/** The paths of those that can be made, with what makes them. */
export function chartFiles(): Record<string, () => string> {
  const made = Object.entries(charts).filter(([, chart]) => chart() !== null)
  return Object.fromEntries(made.map(([name, chart]) => [fileOf(name), () => barChart(chart()!)]))
}

/** The chart in a page at the root of the repository. */
export function chartImage(name: keyof typeof charts): string {
  const chart = charts[name]()
  return chart === null ? '' : `![${chart.title}](${fileOf(name)})`
}
