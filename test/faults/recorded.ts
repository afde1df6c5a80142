/** The results that docs/faults.md shows: written by run.ts, scenario by scenario. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../../stack/paths.ts'
import type { RecordedRun, ScenarioResult } from './result.ts'

export const recordedResults = join(repositoryRoot, 'test', 'faults', 'results.json')

/** Puts these in the place of older ones; `order` names all scenarios that there are, and others are forgotten. */
export function record(results: readonly ScenarioResult[], order: readonly string[]): void {
  const before = existsSync(recordedResults)
    ? (JSON.parse(readFileSync(recordedResults, 'utf8')) as RecordedRun).results
    : []
  const latest = new Map([...before, ...results].map(result => [result.scenario, result]))
  const kept = order.flatMap(name => latest.get(name) ?? [])
  writeFileSync(recordedResults, asJson(kept))
}

export function asJson(results: readonly ScenarioResult[]): string {
  const run: RecordedRun = { at: new Date().toISOString(), node: process.version, results }
  return `${JSON.stringify(run, null, 2)}\n`
}
