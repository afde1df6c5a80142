/**
 * postgres://… as libpq reads it: several hosts, sockets, and the parameters that mean something here. Pure; config
 * refuses what is wrong with it, connect.ts opens what it names.
 */
export interface Target {
  /** Name, IP address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
}

export const tlsModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
export type TlsMode = (typeof tlsModes)[number]

export interface TlsParameters {
  readonly mode: TlsMode
  /** File of certificates to trust; 'system': those that Node trusts; null: whatever the mode says. */
  readonly rootCert: string | null
  readonly cert: string | null
  readonly key: string | null
  readonly keyPassword: string | null
  /** Bind a SCRAM password to this TLS connection: never, where the server can, or else not at all. */
  readonly channelBinding: 'disable' | 'prefer' | 'require'
  /** sslnegotiation=direct: TLS from the first byte (Postgres 17 and newer). */
  readonly isDirect: boolean
}

export interface PostgresAddress {
  /** Tried in this order; at least one. */
  readonly targets: readonly Target[]
  /** Null: as libpq's environment (PGUSER, PGPASSWORD, ~/.pgpass) says. */
  readonly user: string | null
  readonly password: string | null
  readonly database: string | null
  readonly tls: TlsParameters
  /** Command-line options for the server, such as "-c work_mem=64MB". */
  readonly options: string | null
  /** connect_timeout, for each host; null: postgres.connect_timeout. */
  readonly connectTimeoutMs: number | null
}

/** What is wrong with a URL, in words that quote no password. */
export class PostgresUrlError extends Error {}

const FORM =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^/?]*)@)?(?<hosts>[^/?]*)(?:\/(?<database>[^?]*))?(?:\?(?<query>.*))?$/su
const DEFAULT_PORT = 5432

const known = [
  'application_name',
  'channel_binding',
  'connect_timeout',
  'dbname',
  'gssencmode',
  'host',
  'keepalives',
  'options',
  'password',
  'port',
  'ssl',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslpassword',
  'sslrootcert',
  'target_session_attrs',
  'user',
] as const
type Parameter = (typeof known)[number]
type Parameters = ReadonlyMap<Parameter, string>

/** @throws PostgresUrlError */
export function parsePostgresUrl(text: string): PostgresAddress {
  const parts = FORM.exec(text)?.groups
  if (!parts) throw new PostgresUrlError('is no postgres://user:password@host:port/database')
  const parameters = parametersOf(parts.query ?? '')
  const userinfo = parts.user ?? ''
  const colon = userinfo.indexOf(':')
  const [user, password] =
    colon === -1 ? [userinfo, ''] : [userinfo.slice(0, colon), userinfo.slice(colon + 1)]
  checkAttributes(parameters)
  return {
    targets: targetsOf(parts.hosts ?? '', parameters),
    user: parameters.get('user') ?? textOrNull(user),
    password: parameters.get('password') ?? textOrNull(password),
    database: parameters.get('dbname') ?? textOrNull(parts.database ?? ''),
    tls: tlsOf(parameters),
    options: parameters.get('options') ?? null,
    connectTimeoutMs: timeoutOf(parameters.get('connect_timeout')),
  }
}

/** Null, or what is wrong with a URL. */
export function problemOfPostgresUrl(text: string): string | null {
  try {
    parsePostgresUrl(text)
    return null
  } catch (error) {
    if (error instanceof PostgresUrlError) return error.message
    throw error
  }
}

/** "h1:5432,h2:5432" of a URL with several hosts; null: it has one, and is a URL to everybody. */
export function hostListOf(text: string): string | null {
  const hosts = FORM.exec(text)?.groups?.hosts ?? ''
  return hosts.includes(',') ? hosts : null
}

const textOrNull = (text: string): string | null => (text === '' ? null : decoded(text))

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new PostgresUrlError('holds a % that is not followed by two hexadecimal digits; write %25 for it')
  }
}

function parametersOf(query: string): Parameters {
  const found = new Map<Parameter, string>()
  for (const pair of query.split('&').filter(text => text !== '')) {
    const [name = '', ...rest] = pair.split('=')
    const parameter = known.find(each => each === name)
    if (parameter === undefined)
      throw new PostgresUrlError(`has the parameter ${JSON.stringify(name)}; known are ${known.join(', ')}`)
    found.set(parameter, decoded(rest.join('=')))
  }
  return found
}

function targetsOf(list: string, parameters: Parameters): Target[] {
  const given = list.split(',').map(text => {
    const match = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>\d*))?$/.exec(text)?.groups
    if (!match) throw new PostgresUrlError(`names the host ${JSON.stringify(text)}; write host:port`)
    return { host: decoded(match.host!.replace(/^\[|\]$/g, '')), port: match.port ?? '' }
  })
  const hosts = parameters.get('host')?.split(',') ?? given.map(({ host }) => host)
  const ports = parameters.get('port')?.split(',') ?? given.map(({ port }) => port)
  if (ports.length > 1 && ports.length !== hosts.length)
    throw new PostgresUrlError(`names ${hosts.length} hosts and ${ports.length} ports; write one for each`)
  return hosts.map((host, at) => ({ host: host || 'localhost', port: portOf(ports[at] ?? ports[0] ?? '') }))
}

function portOf(text: string): number {
  const port = text === '' ? DEFAULT_PORT : Number(text)
  if (/^\d*$/.test(text) && port > 0 && port < 65_536) return port
  throw new PostgresUrlError(`has the port ${JSON.stringify(text)}; write 1 to 65535`)
}

function choice<T extends string>(parameters: Parameters, name: Parameter, accepted: readonly T[]): T | null {
  const value = parameters.get(name)
  if (value === undefined) return null
  const found = accepted.find(each => each === value)
  if (found === undefined)
    throw new PostgresUrlError(`has ${name}=${JSON.stringify(value)}; write ${accepted.join(' or ')}`)
  return found
}

function tlsOf(parameters: Parameters): TlsParameters {
  // "ssl=true" is JDBC's, and libpq takes it for sslmode=require too.
  const fallback = choice(parameters, 'ssl', ['true']) === null ? 'prefer' : 'require'
  const rootCert = parameters.get('sslrootcert') ?? null
  const cert = parameters.get('sslcert') ?? null
  const key = parameters.get('sslkey') ?? null
  let mode = choice(parameters, 'sslmode', tlsModes) ?? (rootCert === 'system' ? 'verify-full' : fallback)
  if ((cert === null) !== (key === null))
    throw new PostgresUrlError('has only one of sslcert and sslkey; a client certificate needs both')
  if (rootCert === 'system' && mode !== 'verify-full')
    throw new PostgresUrlError(`has sslrootcert=system, which is of use with sslmode=verify-full only`)
  if (mode === 'verify-ca' && rootCert === null)
    throw new PostgresUrlError(
      'has sslmode=verify-ca without sslrootcert, which would trust every public authority for every host; name the file of your own, or write verify-full',
    )
  // libpq: a root certificate that is there is used.
  if (mode === 'require' && rootCert !== null) mode = 'verify-ca'
  const isDirect = choice(parameters, 'sslnegotiation', ['postgres', 'direct']) === 'direct'
  const optional: readonly TlsMode[] = ['disable', 'allow', 'prefer']
  if (isDirect && optional.includes(mode))
    throw new PostgresUrlError('has sslnegotiation=direct, which needs sslmode=require or stricter')
  const channelBinding = choice(parameters, 'channel_binding', ['disable', 'prefer', 'require']) ?? 'disable'
  if (channelBinding === 'require' && optional.includes(mode))
    throw new PostgresUrlError('has channel_binding=require, which needs sslmode=require or stricter')
  const keyPassword = parameters.get('sslpassword') ?? null
  return { mode, rootCert, cert, key, keyPassword, channelBinding, isDirect }
}

/** Some say what libpq does anyway, or what cannot be done here. */
function checkAttributes(parameters: Parameters): void {
  // Whatever is said, who writes looks for a server that takes writes, and who reads takes any.
  choice(parameters, 'target_session_attrs', ['any', 'read-write', 'primary'])
  choice(parameters, 'gssencmode', ['disable', 'prefer'])
}

function timeoutOf(text: string | undefined): number | null {
  if (text === undefined || text === '0') return null
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1000
  throw new PostgresUrlError(`has connect_timeout=${JSON.stringify(text)}; write seconds`)
}
