/** All scenarios, as they lie in scenarios/: for the driver and for docs/faults.md. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { repositoryRoot } from '../../stack/paths.ts'
import type { Scenario } from './scenario.ts'

export interface Listed {
  readonly scenario: Scenario
  /** Compiled. */
  readonly file: string
}

const compiled = join(import.meta.dirname, 'scenarios')

/** In the order of their files' names, which begin with the first row. */
export async function listScenarios(): Promise<readonly Listed[]> {
  // From the sources: dist/ may still hold what was deleted.
  const names = readdirSync(join(repositoryRoot, 'test', 'faults', 'scenarios')).sort()
  return Promise.all(
    names.map(async name => {
      const file = join(compiled, name.replace(/\.ts$/, '.js'))
      const { scenario } = (await import(pathToFileURL(file).href)) as { scenario: Scenario }
      return { scenario, file }
    }),
  )
}
