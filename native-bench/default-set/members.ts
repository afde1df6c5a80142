/**
 * The default set: which benchmarks, with which options so that all end within 15 minutes on two cores, and what of
 * their figures is summed up. default-set.ts runs them.
 */
import type { BenchName } from '../catalogue.ts'
import type { IdleFigures } from '../idle.ts'
import type { KernelFigures } from '../kernel.ts'
import type { LatencyFigures } from '../latency.ts'
import type { PipelineFigures } from '../pipeline.ts'
import { summaryRow } from '../report.ts'
import type { StepFigures } from '../steps.ts'

export interface Member {
  readonly name: BenchName
  readonly args: readonly string[]
  /** Shows in short that it works; nothing is kept. */
  readonly trialArgs: readonly string[]
  /** About, on two cores. */
  readonly minutes: number
  /** Rows of the summary. */
  readonly sumUp: (figures: never) => readonly string[][]
}

const kernelRows = ({ kernelMBps, ratio }: KernelFigures) => [
  summaryRow('kernel: MB/s of JSON, one thread', kernelMBps, 0),
  summaryRow("kernel: JSON.parse's time over it", ratio, 2),
]

const stepRows = ({ steps }: StepFigures) =>
  steps
    .filter(({ step }) => step === 'regex' || step.startsWith('grok'))
    .map(({ step, MBps }) => summaryRow(`steps: MB/s, ${step}`, MBps, 0))

const pipelineRows = (figures: PipelineFigures) => [
  summaryRow('pipeline: rows/s, Kafka to COMMIT', figures.rowsPerSecond, 0),
  summaryRow('pipeline: of the ceiling', figures.ofCeiling, 2),
  ...(figures.ofPsqlCopy ? [summaryRow('pipeline: of psql \\copy', figures.ofPsqlCopy, 2)] : []),
  summaryRow('pipeline: our CPU over that of Postgres', figures.ofPostgresCpu, 2),
  summaryRow('pipeline: peak RSS, MiB', figures.peakRssMiB, 0),
]

const idleRows = ({ idleCores, startToFirstRow }: IdleFigures) => [
  summaryRow('idle: share of one core', idleCores, 4),
  summaryRow('idle: s from process start to first row', startToFirstRow, 2),
]

const latencyRows = ({ shares }: LatencyFigures) =>
  shares.flatMap(({ share, ms }) =>
    ms
      .filter(({ percentile }) => percentile !== 99.9)
      .map(({ percentile, latency }) =>
        summaryRow(`latency: ms at ${share * 100} %, p${percentile}`, latency, 1),
      ),
  )

export const members: readonly Member[] = [
  {
    name: 'pipeline',
    args: [],
    trialArgs: ['--records', '200000', '--rounds', '1'],
    minutes: 6,
    sumUp: pipelineRows,
  },
  {
    name: 'latency',
    args: ['--records', '1000000', '--seconds', '8'],
    trialArgs: ['--records', '100000', '--seconds', '1', '--rounds', '1'],
    minutes: 4,
    sumUp: latencyRows,
  },
  {
    name: 'idle',
    args: ['--seconds', '15'],
    trialArgs: ['--dry', '--starts', '1', '--seconds', '5'],
    minutes: 2,
    sumUp: idleRows,
  },
  { name: 'kernel', args: [], trialArgs: ['--dry', '--runs', '1'], minutes: 1, sumUp: kernelRows },
  { name: 'steps', args: [], trialArgs: ['--dry'], minutes: 1, sumUp: stepRows },
]
