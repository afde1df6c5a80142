/**
 * Reads LOGCOLLECTOR_* variables into one raw value per key; secrets also from the file that LOGCOLLECTOR_…_FILE
 * names. Neighbours: yaml-file.ts reads the other source, load.ts joins them.
 */
import { readFileSync } from 'node:fs'
import { messageOf } from '../errors.ts'
import { nearest } from './nearest.ts'
import type { ConfigProblem, Origin } from './problems.ts'
import { envName, type SettingKey, settingKeys, settingOf } from './settings/index.ts'
import type { RawSettings } from './yaml-file.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = 'LOGCOLLECTOR_'
/** Addresses of services for tests; no settings. */
const TEST_PREFIX = 'LOGCOLLECTOR_TEST_'

/** The variable that names the file of a secret. */
export const envFileName = (key: SettingKey): string => `${envName(key)}_FILE`

const knownNames = new Set(
  settingKeys.flatMap(key => (settingOf(key).secret ? [envName(key), envFileName(key)] : [envName(key)])),
)
const knownEndings = [...knownNames].map(name => name.slice(PREFIX.length))

/** What the environment sets; an empty variable counts as unset, as compose files leave them. */
export function readEnvironment(env: Environment, problems: ConfigProblem[]): RawSettings {
  const found: RawSettings = new Map()
  for (const key of settingKeys) {
    const name = envName(key)
    const origin: Origin = { source: 'environment', name }
    const raw = env[name]
    if (raw) found.set(key, { raw, origin })
    if (!settingOf(key).secret) continue
    const fileName = envFileName(key)
    const path = env[fileName]
    if (!path) continue
    if (raw) problems.push({ key, problem: `is also set by ${fileName}; keep one of the two`, origin })
    else readSecret(key, path, { source: 'environment', name: fileName }, found, problems)
  }
  return found
}

function readSecret(
  key: SettingKey,
  path: string,
  origin: Origin,
  found: RawSettings,
  problems: ConfigProblem[],
): void {
  try {
    // Editors and secret stores end files with a line break that is no part of the secret.
    found.set(key, { raw: readFileSync(path, 'utf8').replace(/\r?\n$/, ''), origin })
  } catch (error) {
    problems.push({ key, problem: `its file cannot be read: ${messageOf(error)}`, origin })
  }
}

/** Warnings, not errors: orchestrators inject variables of their own (Kubernetes: LOGCOLLECTOR_PORT). */
export function unknownVariables(env: Environment): readonly string[] {
  return Object.keys(env)
    .filter(name => name.startsWith(PREFIX) && !name.startsWith(TEST_PREFIX) && !knownNames.has(name))
    .sort()
    .map(name => {
      // The prefix is right already, and would make every name look near.
      const meant = nearest(name.slice(PREFIX.length), knownEndings)
      const hint = meant === null ? '' : `; did you mean ${PREFIX}${meant}?`
      return `${name} is no setting and is ignored${hint}`
    })
}
