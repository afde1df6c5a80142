/** The public face of the configuration: load it, show it, and its type. */
export { type DescribedSetting, describeConfig, settingsAsObject } from './describe.ts'
export { apiWantsKeys } from './http-api.ts'
export {
  type ConfigSources,
  DEFAULT_FILE,
  debugRequested,
  loadConfig,
  type ReadConfig,
  readConfig,
  unknownSettings,
} from './load.ts'
export { parserSettings, pipelineFinder } from './parser-settings.ts'
export { readPem } from './pem.ts'
export { type ConfigProblem, describeProblem, problemsOf } from './problems.ts'
export { hasRole, type Role } from './roles.ts'
export { createRedactor, type Redactor, redactUrl, secretsOf } from './secrets.ts'
export type { SettingKey } from './settings/index.ts'
export { stepContext } from './step-context.ts'
export { isPattern, selectTopics } from './topics.ts'
export type { Config, StartPosition } from './types.ts'
