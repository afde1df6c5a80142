/** The results that are kept: what BENCHMARKS.md, its charts and README.md's figures are made from. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../stack/paths.ts'
import type { Report } from './report.ts'

const folder = join(repositoryRoot, 'native-bench', 'results')

/** Null: that was not measured yet. */
export function readResult<Figures>(name: string): Report<Figures> | null {
  const path = join(folder, `${name}.json`)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report<Figures>) : null
}
