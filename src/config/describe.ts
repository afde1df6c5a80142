/**
 * The configuration for people: every value as one would write it, secrets redacted. Used by `logcollector config`
 * and by the log at start.
 */
import { hostListOf } from '../postgres/url.ts'
import { describeOrigin, type Origin } from './problems.ts'
import { type Setting, type SettingKey, settingKeys, settingOf } from './settings/index.ts'
import { type Config, type SettingValue, valueAt } from './types.ts'
import { writeValue } from './values.ts'

const REDACTED = '***'
const secretParameters = /password|secret|token|key/i

export interface DescribedSetting {
  readonly key: SettingKey
  readonly value: string
  /** Where it came from; null when not known. */
  readonly origin: string | null
}

/** One row per setting, in the order of the table. */
export function describeConfig(
  config: Config,
  origins?: ReadonlyMap<SettingKey, Origin>,
): readonly DescribedSetting[] {
  return settingKeys.map(key => {
    const origin = origins?.get(key)
    return {
      key,
      value: shown(settingOf(key), valueAt(config, key)),
      origin: origin ? describeOrigin(origin) : null,
    }
  })
}

/** For JSON: setting → value and origin. */
export const settingsAsObject = (
  rows: readonly DescribedSetting[],
): Record<string, Pick<DescribedSetting, 'value' | 'origin'>> =>
  Object.fromEntries(rows.map(({ key, value, origin }) => [key, { value, origin }]))

function shown(setting: Setting, value: SettingValue): string {
  const text = writeValue(setting.type, value)
  if (!setting.secret || text === '') return text
  return setting.type === 'url' ? redactUrl(text) : REDACTED
}

/** Every secret of the configuration as it may stand in a text: passwords of URLs, as written and decoded. */
export const secretsOf = (config: Config): readonly string[] =>
  settingKeys
    .filter(key => settingOf(key).secret)
    .flatMap(key => secretsIn(settingOf(key), valueAt(config, key)))

function secretsIn({ type }: Setting, value: SettingValue): readonly string[] {
  const text = writeValue(type, value)
  // A token may look like a URL (a:b), and is secret as a whole.
  const url = type === 'url' ? readUrl(text) : null
  if (url === null) return text === '' ? [] : [text]
  const { password, searchParams } = url
  const parameters = [...searchParams].filter(([name]) => secretParameters.test(name))
  const found = [password, decoded(password), ...parameters.map(([, value]) => value)]
  return found.filter(secret => secret !== '')
}

/** As it is where it is not properly encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}

/** The URL without its password, also where it stands among the parameters; what is no URL is hidden whole. */
export function redactUrl(text: string): string {
  const url = readUrl(text)
  if (url === null) return REDACTED
  if (url.password !== '') url.password = REDACTED
  for (const name of [...url.searchParams.keys()])
    if (secretParameters.test(name)) url.searchParams.set(name, REDACTED)
  return url.href.replace(STAND_IN, hostListOf(text) ?? STAND_IN)
}

/** In place of a list of hosts, which only libpq reads. */
const STAND_IN = 'several-hosts'

function readUrl(text: string): URL | null {
  const single = text.replace(hostListOf(text) ?? STAND_IN, STAND_IN)
  return URL.canParse(single) ? new URL(single) : null
}
