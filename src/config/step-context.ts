/** What the steps of the pipelines need besides their own configuration; the files of `geoip` are read here. */
import type { StepConfig, StepContext } from '../parse/steps/index.ts'
import { readDatabase } from './steps/databases.ts'
import type { Config } from './types.ts'

/** For the workers. Throws what node:fs throws, where a file has gone since the configuration was loaded. */
export function stepContext({ parse, pipelines }: Config): StepContext {
  const steps = pipelines.flatMap(pipeline => pipeline.steps as readonly StepConfig[])
  const paths = steps.flatMap(({ kind, options }) => (kind === 'geoip' ? [options.database] : []))
  return {
    maxMatchChars: parse.maxMatchChars,
    redactKey: parse.redactKey,
    databases: new Map([...new Set(paths)].map(path => [path, readDatabase(path)])),
  }
}
