/**
 * The configuration for people: every value as one would write it, secrets redacted. Used by `logcollector config`
 * and by the log at start. Neighbour: secrets.ts.
 */
import { describeOrigin, type Origin } from './problems.ts'
import { REDACTED, redactUrl } from './secrets.ts'
import { type Setting, type SettingKey, settingKeys, settingOf } from './settings/index.ts'
import { type Config, type SettingValue, valueAt } from './types.ts'
import { writeValue } from './values.ts'

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
