/**
 * Rules of kafka.tls and kafka.sasl: what needs what, and files that must be what they are said to be. Part of the
 * table in checks.ts.
 */
import type { Check } from './checks.ts'
import { certificateProblem, keyProblem } from './pem.ts'
import type { SettingKey } from './settings/index.ts'
import { type Config, valueAt } from './types.ts'

type Sasl = Config['kafka']['sasl']

/** Set without what makes it count: somebody believes to be safe who is not. */
const idle = (key: SettingKey, switchKey: SettingKey, isOn: (config: Config) => boolean): Check => ({
  keys: [key],
  violation: config =>
    valueAt(config, key) === '' || isOn(config)
      ? null
      : `is set, but ${switchKey} is ${String(valueAt(config, switchKey))}; set that too, or remove this one`,
})

const tlsKeys = ['ca_file', 'cert_file', 'key_file', 'server_name'] as const
const userKeys = ['kafka.sasl.username', 'kafka.sasl.password'] as const
const clientKeys = [
  'kafka.sasl.oauth.token_url',
  'kafka.sasl.oauth.client_id',
  'kafka.sasl.oauth.client_secret',
] as const

const usesPassword = ({ mechanism }: Sasl): boolean => mechanism === 'plain' || mechanism.startsWith('scram')
const usesTokens = ({ mechanism }: Sasl): boolean => mechanism === 'oauthbearer'

function hasLogin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { password, username } = new URL(text)
  return username !== '' || password !== ''
}

const needed = (keys: readonly SettingKey[], isNeeded: (sasl: Sasl) => boolean): readonly Check[] =>
  keys.map(key => ({
    keys: [key, 'kafka.sasl.mechanism'],
    violation: config =>
      isNeeded(config.kafka.sasl) && valueAt(config, key) === ''
        ? `is empty, but kafka.sasl.mechanism ${config.kafka.sasl.mechanism} needs it`
        : null,
  }))

const certificates = (key: SettingKey): Check => ({
  keys: [key],
  violation: config => {
    const file = String(valueAt(config, key))
    return file === '' ? null : certificateProblem(file)
  },
})

export const kafkaSecurityChecks: readonly Check[] = [
  ...tlsKeys.map(name => idle(`kafka.tls.${name}`, 'kafka.tls.enabled', ({ kafka }) => kafka.tls.enabled)),
  ...userKeys.map(key => idle(key, 'kafka.sasl.mechanism', ({ kafka }) => usesPassword(kafka.sasl))),
  ...clientKeys.map(key => idle(key, 'kafka.sasl.mechanism', ({ kafka }) => usesTokens(kafka.sasl))),
  ...needed(userKeys, usesPassword),
  ...needed(clientKeys, usesTokens),
  {
    keys: ['kafka.sasl.oauth.token_url'],
    violation: ({ kafka: { sasl } }) =>
      hasLogin(sasl.oauth.tokenUrl)
        ? 'holds a login, which would be shown: write it as kafka.sasl.oauth.client_id and client_secret'
        : null,
  },
  certificates('kafka.tls.ca_file'),
  certificates('kafka.tls.cert_file'),
  certificates('kafka.sasl.oauth.ca_file'),
  {
    keys: ['kafka.tls.key_file', 'kafka.tls.cert_file'],
    violation: ({ kafka: { tls } }) => {
      if ((tls.keyFile === '') !== (tls.certFile === ''))
        return 'a certificate and its key go together: set both kafka.tls.cert_file and kafka.tls.key_file'
      if (tls.keyFile === '' || certificateProblem(tls.certFile) !== null) return null
      return keyProblem(tls.keyFile, tls.keyPassword, tls.certFile)
    },
  },
]
