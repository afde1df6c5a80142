/**
 * The one table of settings. Types, parsing, bounds, --help, redaction, docs/configuration.md and the example
 * file all come from it (types.ts, values.ts, render.ts); rules between two settings are in checks.ts.
 */
import { anomalySettings } from './anomalies.ts'
import { columnSettings } from './columns.ts'
import { httpSettings } from './http.ts'
import { httpApiSettings } from './http-api.ts'
import { intakeSettings } from './intake.ts'
import { kafkaSettings } from './kafka.ts'
import { kafkaSecuritySettings } from './kafka-security.ts'
import type { Setting } from './kinds.ts'
import { memorySettings } from './memory.ts'
import { parseSettings } from './parse.ts'
import { pipelineSettings } from './pipelines.ts'
import { postgresSettings } from './postgres.ts'
import { processSettings } from './process.ts'
import { redisSettings } from './redis.ts'
import { storageSettings } from './storage.ts'

export type * from './kinds.ts'

/** Keys are written as in YAML: a dot descends, words are joined by underscores. */
export const settings = {
  ...kafkaSettings,
  ...kafkaSecuritySettings,
  ...postgresSettings,
  ...redisSettings,
  ...memorySettings,
  ...parseSettings,
  ...columnSettings,
  ...pipelineSettings,
  ...storageSettings,
  ...httpSettings,
  ...intakeSettings,
  ...httpApiSettings,
  ...processSettings,
  ...anomalySettings,
} as const satisfies Record<string, Setting>

export type SettingKey = keyof typeof settings
export const settingKeys = Object.keys(settings) as readonly SettingKey[]

/** The row of a key, with the optional fields that the const table hides from the type. */
export const settingOf = (key: SettingKey): Setting => settings[key]

/** The environment variable of a key: kafka.group_id → LOGCOLLECTOR_KAFKA_GROUP_ID. */
export const envName = (key: SettingKey): string => `LOGCOLLECTOR_${key.replaceAll('.', '_').toUpperCase()}`
