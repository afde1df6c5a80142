/**
 * What every benchmark reports beside its figures: the machine, the versions, the command; and how figures are
 * summed up, written and shown. Used by each native-bench/*.ts; results/*.json is what BENCHMARKS.md is made from.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'

export interface Summary {
  readonly min: number
  readonly median: number
  readonly max: number
}

export interface Report<Figures> {
  readonly name: string
  readonly at: string
  readonly command: string
  readonly machine: Machine
  readonly commit: string | null
  readonly figures: Figures
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly os: string
  readonly node: string
  readonly v8: string
}

/** dist/native-bench/report.js → the repository. */
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export function machineFacts(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${process.platform} ${process.arch} ${release()}`,
    node: process.versions.node,
    v8: process.versions.v8,
  }
}

/** Least, middle and greatest of at least one figure. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return {
    min: sorted[0]!,
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    max: sorted.at(-1)!,
  }
}

/** The command of a run, with the options that it was given. */
export const commandOf = (name: string): string =>
  ['npm run bench --', name, ...process.argv.slice(2).filter(argument => argument !== '--json')].join(' ')

/** The figures with everything that is needed to judge them. */
export function makeReport<Figures>(name: string, command: string, figures: Figures): Report<Figures> {
  return { name, at: new Date().toISOString(), command, machine: machineFacts(), commit: commitOf(), figures }
}

/** Writes native-bench/results/<name>.json; returns its path. */
export function writeReport(report: Report<unknown>): string {
  const path = join(root, 'native-bench', 'results', `${report.name}.json`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
  return path
}

/** Shows the report: JSON for programs, or the machine and a table for people. */
export function showReport(report: Report<unknown>, json: boolean, head: string[], rows: string[][]): void {
  if (json) {
    console.log(JSON.stringify(report))
    return
  }
  const { machine } = report
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}`)
  const table = new Table({ head, style: { head: [], border: [] } })
  table.push(...rows)
  console.log(table.toString())
}

/** A row of the table: a figure's name, and its least, middle and greatest value. */
export const summaryRow = (name: string, { min, median, max }: Summary, digits: number): string[] => [
  name,
  ...[min, median, max].map(value => value.toFixed(digits)),
]

/** The commit that is checked out, or null outside of a repository with one. */
function commitOf(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return null
  }
}
