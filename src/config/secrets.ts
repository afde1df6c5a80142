/**
 * What of the configuration nobody may read: each secret as it may stand in a text, URLs without theirs, and the
 * redactor through which log, errors at the terminal and /debug go. Neighbour: describe.ts.
 */
import { hostListOf } from '../postgres/url.ts'
import { type Setting, settingKeys, settingOf } from './settings/index.ts'
import { type Config, type SettingValue, valueAt } from './types.ts'
import { writeValue } from './values.ts'

export const REDACTED = '***'
const secretParameters = /password|passwd|secret|token|key|sig|auth/i
/** Replacing shorter ones would garble every text; they protect nothing. */
const SHORTEST_SECRET = 4
/** Paths of web addresses that are shorter hold no token. */
const SHORTEST_SECRET_PATH = 16

/** What it is given without any secret of the configuration, in texts at any depth. Data is copied by way of JSON. */
export interface Redactor {
  text(text: string): string
  data<T extends object>(value: T): T
}

/** Every secret of the configuration as it may stand in a text: of URLs what grants access, as written and decoded. */
export const secretsOf = (config: Config): readonly string[] =>
  settingKeys
    .filter(key => settingOf(key).secret)
    .flatMap(key => secretsIn(settingOf(key), valueAt(config, key)))

/** Replaces each secret wherever it stands. */
export function createRedactor(config: Config): Redactor {
  // The longest first: one may be part of another.
  const hidden = [...new Set(secretsOf(config))]
    .filter(secret => secret.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length)
  const text = (given: string): string =>
    hidden.reduce((left, secret) => left.replaceAll(secret, REDACTED), given)
  const data = <T extends object>(value: T): T =>
    JSON.parse(
      JSON.stringify(value, (_, each: unknown) => (typeof each === 'string' ? text(each) : each)),
    ) as T
  return { text, data }
}

function secretsIn({ type }: Setting, value: SettingValue): readonly string[] {
  const text = writeValue(type, value)
  // A token may look like a URL (a:b), and is secret as a whole.
  const url = type === 'url' ? readUrl(text) : null
  if (url === null) return text === '' ? [] : [text]
  // Not searchParams, which takes + for a blank.
  const written = url.search
    .slice(1)
    .split('&')
    .map(pair => pair.split('='))
    .filter(([name]) => secretParameters.test(name!))
    .map(([, ...rest]) => rest.join('='))
  const found = [...loginsIn(url), ...pathsIn(url), ...written]
  return [...found, ...found.map(decoded)].filter(secret => secret !== '')
}

/** A password that is the name of its user protects nothing, and would garble much. */
function loginsIn({ password, protocol, username }: URL): readonly string[] {
  if (password !== '') return password === username ? [] : [password]
  return isWeb({ protocol }) ? [username] : []
}

const pathsIn = ({ pathname, protocol }: URL): readonly string[] =>
  isWeb({ protocol }) && pathname.length >= SHORTEST_SECRET_PATH ? [pathname.slice(1)] : []

/** As it is where it is not properly encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}

/** Of webhooks the path is the secret as often as not, or a user without a password. */
const isWeb = ({ protocol }: Pick<URL, 'protocol'>): boolean => protocol === 'http:' || protocol === 'https:'

/** The URL without its password, also where it stands among the parameters; what is no URL is hidden whole. */
export function redactUrl(text: string): string {
  const url = readUrl(text)
  if (url === null) return REDACTED
  if (url.password !== '') url.password = REDACTED
  else if (isWeb(url) && url.username !== '') url.username = REDACTED
  if (isWeb(url) && url.pathname !== '/') url.pathname = `/${REDACTED}`
  for (const name of [...url.searchParams.keys()])
    if (isWeb(url) || secretParameters.test(name)) url.searchParams.set(name, REDACTED)
  return url.href.replace(STAND_IN, hostListOf(text) ?? STAND_IN)
}

/** In place of a list of hosts, which only libpq reads. */
const STAND_IN = 'several-hosts'

function readUrl(text: string): URL | null {
  const single = text.replace(hostListOf(text) ?? STAND_IN, STAND_IN)
  return URL.canParse(single) ? new URL(single) : null
}
