/**
 * Parts of BENCHMARKS.md that its sections share: figures, tables, and the circumstances of a result. render.ts and
 * peers/section.ts use them.
 */
import type { Report, Summary } from './report.ts'

/** Whole, thousands apart. */
export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US')

/** A row of a table; digits behind the point, or none and thousands apart. */
export function row(name: string, { min, median, max }: Summary, digits = 0): string {
  const shown = (value: number): string => (digits ? value.toFixed(digits) : grouped(value))
  return `| ${name} | ${shown(min)} | ${shown(median)} | ${shown(max)} |`
}

/** Median (least–most), in a cell. */
export const spread = ({ min, median, max }: Summary, show: (value: number) => string): string =>
  `${show(median)} (${show(min)}–${show(max)})`

/** Of rows of row(). */
export const table = (rows: readonly string[]): string =>
  ['| | least | median | most |', '|---|--:|--:|--:|', ...rows].join('\n')

/** Command, date, commit, machine and versions of a result. */
export function circumstances(
  { at, command, machine, commit }: Report<unknown>,
  more: readonly string[],
): string {
  const host = `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.os}`
  const versions = [`Node ${machine.node}`, ...more].join(', ')
  return `\`${command}\` · ${at.slice(0, 10)}${commit ? ` · commit ${commit.slice(0, 10)}` : ''} · ${host} · ${versions}`
}
