/**
 * BENCHMARKS.md, from results/*.json: `npm run docs` writes it, a test holds it to the results. A question without a
 * result has no section. Charts: charts/list.ts; the figures in README.md: readme-figures.ts.
 */
import type { AnomalyFigures } from './anomalies.ts'
import type { CacheFigures } from './cache.ts'
import { ceilingSection } from './ceiling/section.ts'
import type { CeilingFigures } from './ceiling.ts'
import { chartImage } from './charts/list.ts'
import type { IdleFigures } from './idle.ts'
import { kernelSection } from './kernel/section.ts'
import type { KernelFigures } from './kernel.ts'
import type { KindnessFigures } from './kindness.ts'
import type { LatencyFigures } from './latency.ts'
import { circumstances, grouped, row, table } from './markdown.ts'
import { memorySection } from './memory/section.ts'
import type { MemoryFigures } from './memory.ts'
import type { MirrorFigures } from './mirror.ts'
import { peersSection } from './peers/section.ts'
import type { PeersFigures } from './peers.ts'
import { pipelineSection } from './pipeline/section.ts'
import type { PipelineFigures } from './pipeline.ts'
import type { RecoveryFigures } from './recovery.ts'
import type { Report } from './report.ts'
import { readResult as read } from './results.ts'
import type { StepFigures } from './steps.ts'
import { variationsSection } from './variations/section.ts'
import type { VariationsFigures } from './variations.ts'

function stepsSection(report: Report<StepFigures>): string {
  const { figures } = report
  const rows = figures.steps.flatMap(({ step, ns, MBps }) => {
    const isMatch = step.startsWith('regex') || step.startsWith('grok')
    return [row(`${step}, ns a record`, ns), ...(isMatch ? [row(`${step}, MB/s`, MBps)] : [])]
  })
  return `## Steps

What does a step of a pipeline cost, one thread? Each alone over ${grouped(figures.lines)} lines of an access log that all differ (${Math.round(figures.bytesPerLine)} bytes), without what it costs to make fields of a record and to write them back.

${circumstances(report, [])} · ${figures.runs} runs

${table(rows)}`
}

function idleSection(report: Report<IdleFigures>): string {
  const { figures } = report
  return `## Idle and start

What does it cost to have nothing to do, and how soon is the first row there? ${figures.starts} starts on ${figures.partitions} partitions with a small backlog, the mirror in Redis on; the share of a core by slices of five seconds, from five seconds after the last row.

${circumstances(report, [])}

${table([
  row('share of one core, idle', figures.idleCores, 4),
  row('s from group join to first row', figures.joinToFirstRow, 2),
  row('s from process start to first row', figures.startToFirstRow, 2),
])}`
}

function latencySection(report: Report<LatencyFigures>): string {
  const { figures } = report
  const { versions } = figures
  const rows = figures.shares.flatMap(({ share, ms, producedPerSecond }) =>
    ms.map(({ percentile, latency }) =>
      row(`${share * 100} % (${grouped(producedPerSecond.median)}/s), p${percentile}, ms`, latency, 1),
    ),
  )
  return `## Latency

How long from the producer's acknowledgement until the row can be read? JSON records of ${Math.round(figures.bytesPerRecord)} bytes in the mean go to ${figures.partitions} partitions, a batch to each every ${figures.lingerMs} ms with records of as long a time (as Kafka's own producer does; they are encoded beforehand, so that making them takes no CPU from what is measured), for ${figures.seconds} seconds at each share of the maximum rate of the same run (${grouped(figures.maximumRowsPerSecond)} rows a second from a backlog), all defaults; a thread asks Postgres every ${figures.lookEveryMs ?? 1} ms what is visible. The sender, Kafka, Postgres and the program share the machine. ${figures.rounds} rounds.

${circumstances(report, [`Kafka ${versions.kafka}`, `Postgres ${versions.postgres}`])}

${chartImage('latency')}

${table(rows)}`
}

function recoverySection(report: Report<RecoveryFigures>): string {
  const { figures } = report
  const { versions } = figures
  return `## Recovery

How soon does it go on? ${grouped(figures.records)} records wait, all defaults. The program is killed and started again at once: the time counts from the kill. Then Postgres is killed and started again: the time counts from its first answer. Full rate: a second at four fifths of the rate before the kill, that second included. ${figures.rounds} rounds.

${circumstances(report, [`Kafka ${versions.kafka}`, `Postgres ${versions.postgres}`])}

${table([
  row('killed: s to the next row', figures.killToRow, 2),
  row('killed: s to full rate', figures.killToFullRate, 2),
  row('Postgres killed: s to the next row', figures.postgresToRow, 2),
  row('Postgres killed: s to full rate', figures.postgresToFullRate, 2),
])}`
}

function mirrorSection(report: Report<MirrorFigures>): string {
  const { figures } = report
  const { versions, ofWithout, cpuOfWithout } = figures
  return `## The mirror

What does the mirror in Redis cost, and a Redis that is ill? ${grouped(figures.records)} records in ${figures.partitions} partitions are stored without a mirror and then with one, ${grouped(figures.withoutRowsPerSecond.median)} rows a second without it in the median. Stalled: Redis gets SIGSTOP when the first partition is claimed, and stays so. Killed: it gets SIGKILL then.

${circumstances(report, [`Kafka ${versions.kafka}`, `Postgres ${versions.postgres}`])}

${table([
  row('rows a second with a mirror over those without', ofWithout.well, 3),
  row('the same, Redis stalled', ofWithout.stalled, 3),
  row('the same, Redis killed', ofWithout.killed, 3),
  row('CPU of LogCollector with a mirror over that without', cpuOfWithout.well, 3),
])}`
}

function kindnessSection(report: Report<KindnessFigures>): string {
  const { figures } = report
  const rows = figures.ways.map(({ name, rowsPerSecond, userMedianMs, userP99Ms, userPerSecond }) =>
    [
      name,
      grouped(userPerSecond.median),
      userMedianMs.median.toFixed(1),
      userP99Ms.median.toFixed(1),
      rowsPerSecond === null ? '–' : grouped(rowsPerSecond.median),
    ].join(' | '),
  )
  return `## Kind to the database

What do other people's queries gain when writers step back while commits are slow (\`postgres.yield_above\`), and what does it cost? ${figures.user}, four connections, TPC-B-like, on the same server: alone, beside a backlog of ${grouped(figures.records)} records that ${figures.writers} writers store at full speed, and with a bound of ${figures.bound}. Medians of ${figures.rounds} rounds.

${circumstances(report, [`Postgres ${figures.postgres}`])}

| ${figures.user} | its transactions/s | its median, ms | its p99, ms | our rows/s |
|---|--:|--:|--:|--:|
${rows.map(cells => `| ${cells} |`).join('\n')}`
}

function anomaliesSection(report: Report<AnomalyFigures>): string {
  const { figures } = report
  const { anomalies, delayMinutes, found, precision, recall, scenarios } = figures
  const kinds = figures.kinds.map(({ anomalies, found, kind }) => `| \`${kind}\` | ${anomalies} | ${found} |`)
  return `## Anomalies

Are anomalies found, how soon, and how often is a finding of nothing? ${scenarios} scenarios of ${figures.days} simulated days, ten services each with rhythms of day and week and Poisson noise; half of them with one anomaly of 2 to 10 times in size (silence aside) and 3 to 60 minutes in length, from the second day on. Delay is counted from the first minute of the anomaly to the end of the one after which it is found; the running program waits 15 s more for late rows, and looks every 15 s.

${circumstances(report, [])} · seed ${figures.seed}

Precision ${precision.toFixed(3)} (${figures.wrongFindings} of ${figures.findings} findings wrong), recall ${recall.toFixed(3)} (${found} of ${anomalies}), delay ${delayMinutes.median} minutes in the median, ${delayMinutes.max} at most; ${figures.usPerMinute.toFixed(1)} µs of CPU a minute of ten services.

| Kind | anomalies | found |
|---|--:|--:|
${kinds.join('\n')}`
}

function cacheSection(report: Report<CacheFigures>): string {
  const { figures } = report
  const { clients, queries, records, refreshSeconds, seconds } = figures
  return `## The cache of the API

What does a dashboard cost Postgres when ${clients} people look at it instead of one? ${queries} queries over the last hour of ${grouped(records)} records, asked by every client every ${refreshSeconds} seconds, each at a moment of its own, of two processes that share a Redis; ${seconds} seconds each. What Postgres uses when nobody asks is taken off.

${circumstances(report, [`Postgres ${figures.postgres}`])}

${table([
  row('CPU of Postgres for one client, ms a second', figures.oneMsPerSecond, 1),
  row(`CPU of Postgres for ${clients} clients, ms a second`, figures.manyMsPerSecond, 1),
  row('of that for one', figures.ofOne, 2),
  row('share of answers that cost Postgres nothing', figures.hitShare, 3),
])}`
}

/** BENCHMARKS.md. */
export function benchmarksPage(): string {
  const pipeline = read<PipelineFigures>('pipeline')
  const ceiling = read<CeilingFigures>('ceiling')
  const kernel = read<KernelFigures>('kernel')
  const steps = read<StepFigures>('steps')
  const idle = read<IdleFigures>('idle')
  const latency = read<LatencyFigures>('latency')
  const varied = read<VariationsFigures>('variations')
  const recovery = read<RecoveryFigures>('recovery')
  const memory = read<MemoryFigures>('memory')
  const kindness = read<KindnessFigures>('kindness')
  const mirror = read<MirrorFigures>('mirror')
  const anomalies = read<AnomalyFigures>('anomalies')
  const cache = read<CacheFigures>('cache')
  const peers = read<PeersFigures>('peers')
  const sections = [
    pipeline && pipelineSection(pipeline),
    ceiling && ceilingSection(ceiling),
    varied && variationsSection(varied),
    latency && latencySection(latency),
    recovery && recoverySection(recovery),
    peers && peersSection(peers),
    memory && memorySection(memory),
    mirror && mirrorSection(mirror),
    cache && cacheSection(cache),
    kernel && kernelSection(kernel),
    anomalies && anomaliesSection(anomalies),
    steps && stepsSection(steps),
    idle && idleSection(idle),
    kindness && kindnessSection(kindness),
  ]
  return `${[
    '# Benchmarks',
    'Made from `native-bench/results/*.json` by `npm run docs`; each of these files was written by the command that it names. Absolute figures are those of one machine; ratios within a run carry over best.',
    ...sections.filter(section => section !== null),
  ].join('\n\n')}\n`
}
