/** The results that docs/faults.md shows: test/faults/mutants.json, written by run.ts, mutant by mutant. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../../../stack/paths.ts'
import type { MutantResult, RecordedMutants } from './result.ts'

const file = join(repositoryRoot, 'test', 'faults', 'mutants.json')

/** Nothing is recorded yet: an empty list. */
export function readMutants(): RecordedMutants {
  if (!existsSync(file)) return { at: '', node: '', results: [] }
  return JSON.parse(readFileSync(file, 'utf8')) as RecordedMutants
}

/** Puts it in the place of an older one; `order` names all mutants that there are, and others are forgotten. */
export function record(result: MutantResult, order: readonly string[]): void {
  const latest = new Map([...readMutants().results, result].map(each => [each.mutant, each]))
  writeFileSync(file, asJson(order.flatMap(name => latest.get(name) ?? [])))
}

export function asJson(results: readonly MutantResult[]): string {
  const run: RecordedMutants = { at: new Date().toISOString(), node: process.version, results }
  return `${JSON.stringify(run, null, 2)}\n`
}
