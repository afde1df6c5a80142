/** The section of BENCHMARKS.md on the kernel, from results/kernel.json, and what others publish beside it. render.ts puts it in. */
import { chartImage } from '../charts/list.ts'
import type { KernelFigures } from '../kernel.ts'
import { circumstances, grouped, row, table } from '../markdown.ts'
import type { Report } from '../report.ts'
import { published } from './published.ts'

const isWhole = (value: number): boolean => value >= 100

function partRows({ parts, threads }: KernelFigures): string[] {
  return [
    ...(parts
      ? [
          row('CRC-32C of the batches alone, ns a record', parts.checksumNs),
          row('Kafka records decoded alone, ns a record', parts.decodeNs),
          row('scan and encode: the kernel less those two, ns a record', parts.scanEncodeNs),
          row('scan and encode, MB/s', parts.scanEncodeMBps),
          row('JSON.parse over scan and encode', parts.scanEncodeRatio, 2),
        ]
      : []),
    ...(threads ? [row(`kernel, ${threads.threads} threads together, MB/s`, threads.MBps)] : []),
  ]
}

const publishedTable = (): string =>
  [
    '| Published by others | MB/s | of what | where |',
    '|---|--:|---|---|',
    ...published.map(
      ({ name, MBps, source, url, what }) =>
        `| ${name} | ${isWhole(MBps) ? grouped(MBps) : MBps.toFixed(1)} | ${what} | [${source}](${url}) |`,
    ),
  ].join('\n')

const partsText =
  ' What of it is scanning the JSON and encoding the row is a difference, run by run: the checksums alone and the records decoded alone (all of them before the wanted offset) over the same bytes are taken off the whole.'

/** The whole section. */
export function kernelSection(report: Report<KernelFigures>): string {
  const { figures } = report
  return `## The kernel

How fast does one thread turn Kafka batches of JSON lines (${Math.round(figures.bytesPerLine)} bytes) into rows of COPY binary, all checks on? Beside it \`JSON.parse\` alone over the same lines, in the same run: the ratio is what counts.${figures.parts ? partsText : ''}

${circumstances(report, [])} · ${figures.runs} runs

${chartImage('kernel')}

${table([
  row('kernel, ns a record', figures.kernelNs),
  row('kernel, MB/s', figures.kernelMBps),
  row('JSON.parse, ns a record', figures.jsonParseNs),
  row('JSON.parse, MB/s', figures.jsonParseMBps),
  row('JSON.parse over kernel', figures.ratio, 2),
  ...partRows(figures),
  ...figures.formats.flatMap(({ name, bytesPerLine, ns, MBps }) => [
    row(`kernel, ${name} (${Math.round(bytesPerLine)} bytes), ns a record`, ns),
    row(`kernel, ${name}, MB/s`, MBps),
  ]),
])}

What others publish, on machines, inputs and for work of their own: it says in which order of magnitude the field is, no more. None of it makes rows for Postgres.

${publishedTable()}`
}
