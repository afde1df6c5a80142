/**
 * Joins the sources of the configuration: defaults, logcollector.yaml, environment, command line, the later one
 * wins; then derives, checks and freezes. The only place where process.env is read.
 */
import { existsSync } from 'node:fs'
import type { Pipeline } from '../parse/contract.ts'
import { checks } from './checks.ts'
import { type Environment, readEnvironment, unknownVariables } from './environment.ts'
import { defaultWorkers, deriveMemory } from './memory.ts'
import { locatedSteps } from './pipelines.ts'
import { type ConfigProblem, configInvalid, type Origin } from './problems.ts'
import type { RawTree } from './raw-tree.ts'
import { hasRole } from './roles.ts'
import { type SettingKey, settingKeys, settingOf } from './settings/index.ts'
import { checkSteps } from './steps/check.ts'
import { buildConfig, type Config, type SettingValue } from './types.ts'
import { parseValue, type RawValue } from './values.ts'
import { isSettingKey, type RawSettings, readYamlFile, unknownKey } from './yaml-file.ts'

/** Read from the working directory when no file is named and it is there. */
export const DEFAULT_FILE = 'logcollector.yaml'

export interface ConfigSources {
  /** Path of a YAML file, which must exist; null reads none. */
  readonly file?: string | null | undefined
  readonly env?: Environment
  /** Values by key, as one would write them in the file: { 'http.port': '0' }. They win over all else. */
  readonly overrides?: Readonly<Partial<Record<SettingKey, RawValue>>>
}

export interface ReadConfig {
  readonly config: Config
  /** For the log: variables that look like settings and are none. */
  readonly warnings: readonly string[]
  readonly origins: ReadonlyMap<SettingKey, Origin>
}

/** The configuration, frozen. Throws CONFIG_INVALID that carries every problem (problemsOf). */
export const loadConfig = (sources: ConfigSources = {}): Config => readConfig(sources).config

/** The same with warnings and the origin of each value. */
export function readConfig({ file, env = process.env, overrides = {} }: ConfigSources = {}): ReadConfig {
  const problems: ConfigProblem[] = []
  const given = new Map([
    ...readFile(file, problems),
    ...readEnvironment(env, problems),
    ...readOverrides(overrides, problems),
  ])
  const { values, invalid } = parseAll(given, problems)
  const origins = new Map<SettingKey, Origin>()
  for (const key of settingKeys) {
    const derived = 'derived' in settingOf(key)
    origins.set(key, given.get(key)?.origin ?? { source: derived ? 'derived' : 'default' })
  }
  derive(values, origins)
  const config = buildConfig(values)
  problems.push(...violations(config, invalid, origins))
  const warnings = invalid.has('pipelines') ? [] : stepWarnings(config, given.get('pipelines'), problems)
  if (problems.length > 0) throw configInvalid(problems)
  return { config, warnings: [...unknownVariables(env), ...warnings], origins }
}

function readFile(file: string | null | undefined, problems: ConfigProblem[]): RawSettings {
  if (file) return readYamlFile(file, problems)
  return file === undefined && existsSync(DEFAULT_FILE) ? readYamlFile(DEFAULT_FILE, problems) : new Map()
}

function readOverrides(
  overrides: NonNullable<ConfigSources['overrides']>,
  problems: ConfigProblem[],
): RawSettings {
  const found: RawSettings = new Map()
  const origin: Origin = { source: 'command line', name: '--set' }
  for (const [key, raw] of Object.entries(overrides)) {
    if (isSettingKey(key)) found.set(key, { raw, origin })
    else problems.push({ key, problem: unknownKey(key, key), origin })
  }
  return found
}

/** Every valid value; an invalid one is replaced by its default, so that the other checks still run. */
function parseAll(
  given: RawSettings,
  problems: ConfigProblem[],
): { values: Map<SettingKey, SettingValue>; invalid: Set<SettingKey> } {
  const values = new Map<SettingKey, SettingValue>()
  const invalid = new Set<SettingKey>()
  for (const key of settingKeys) {
    const setting = settingOf(key)
    const entry = given.get(key)
    const parsed = entry && parseValue(setting, entry.raw)
    if (entry && parsed && 'problem' in parsed) {
      problems.push({ key, problem: parsed.problem, origin: parsed.origin ?? entry.origin })
      invalid.add(key)
    }
    const usable = parsed && 'value' in parsed ? parsed : fallback(key)
    if (usable) values.set(key, usable.value)
  }
  return { values, invalid }
}

function fallback(key: SettingKey): { value: SettingValue } | null {
  const setting = settingOf(key)
  if (!('default' in setting)) return null
  const parsed = parseValue(setting, setting.default)
  if ('problem' in parsed) throw new Error(`default of ${key}: ${parsed.problem}`)
  return parsed
}

function derive(values: Map<SettingKey, SettingValue>, origins: Map<SettingKey, Origin>): void {
  const numberAt = (key: SettingKey): number | null => {
    const value = values.get(key)
    return typeof value === 'number' ? value : null
  }
  const workers = numberAt('workers') ?? defaultWorkers()
  const roles = values.get('roles')
  // Invalid ones are no list: they are reported, and this figure is not.
  const servesApi = Array.isArray(roles) && hasRole({ roles }, 'api')
  const memory = deriveMemory(numberAt('memory.budget'), numberAt('memory.arena'), { workers, servesApi })
  values.set('workers', workers)
  values.set('memory.budget', memory.budgetBytes)
  values.set('memory.arena', memory.arenaBytes)
  // Where both are set, checks.ts says so.
  const pipelines = values.get('pipelines') as readonly Pipeline[]
  if (pipelines.length === 0 || origins.get('kafka.topics')!.source !== 'default') return
  values.set('kafka.topics', [...new Set(pipelines.flatMap(({ topics }) => topics))])
  origins.set('kafka.topics', { source: 'derived' })
}

/** Compiles the steps of the pipelines and judges their patterns; faults go to `problems`. */
function stepWarnings(
  { parse }: Config,
  given: { raw: RawValue; origin: Origin } | undefined,
  problems: ConfigProblem[],
): readonly string[] {
  if (given === undefined) return []
  const steps = locatedSteps(given.raw as string | RawTree, given.origin)
  if (steps.length === 0) return []
  const { maxMatchChars, redactKey } = parse
  return checkSteps(steps, { maxMatchChars, redactKey }, problems).warnings
}

function violations(
  config: Config,
  invalid: ReadonlySet<SettingKey>,
  origins: ReadonlyMap<SettingKey, Origin>,
): ConfigProblem[] {
  return checks.flatMap(({ keys, violation }) => {
    const problem = keys.some(key => invalid.has(key)) ? null : violation(config)
    if (problem === null) return []
    const isSet = (key: SettingKey): boolean => !['default', 'derived'].includes(origins.get(key)!.source)
    const key = keys.find(isSet) ?? keys[0]!
    // The words speak of the first key; at another one they need its name.
    const words = key === keys[0] ? problem : `${keys[0]}: ${problem}`
    return [{ key, problem: words, origin: origins.get(key)! }]
  })
}

/** One sentence for each variable that looks like a setting and is none; also where the rest is not valid. */
export const unknownSettings = (env: Environment = process.env): readonly string[] => unknownVariables(env)

/** Whether the environment asks for debug output, for errors that come before or without a configuration. */
export const debugRequested = (env: Environment = process.env): boolean =>
  env.LOGCOLLECTOR_LOG_LEVEL === 'debug'
