/**
 * Opens one connection to Postgres, and is the only place that does: hosts in turn, TLS as libpq means it, a server that
 * takes writes, and session settings that no default of role or database reaches. Neighbours: url.ts, socket.ts, pooler.ts.
 */
import type { Socket } from 'node:net'
import pg from 'pg'
import { messageOf, PipelineError } from '../errors.ts'
import { refuseTransactionPooling } from './pooler.ts'
import { attemptsOf, type Encryption, nameOf, openSocket } from './socket.ts'
import { type PostgresAddress, PostgresUrlError, parsePostgresUrl, type Target } from './url.ts'

export interface ConnectOptions {
  readonly url: string
  /** application_name. */
  readonly name: string
  /** For each host; connect_timeout of the URL wins. */
  readonly connectTimeoutMs: number
  /** 'write': a standby or a server set to read-only is passed over. */
  readonly access: 'write' | 'read'
  /** Beside or in place of the usual ones; times are in ms. */
  readonly settings?: Readonly<Record<string, string>>
  /** A statement that takes longer fails on our side. */
  readonly queryTimeoutMs?: number
  /** Behind a pooler, make sure that the session is ours alone: one more connection for a moment. */
  readonly checksPooling?: boolean
}

export interface Connected {
  readonly client: pg.Client
  /** The one whose bytes are the protocol's; with TLS the TLS socket. */
  readonly socket: Socket
  readonly target: Target
  /** Another program answers for the server: its process id is not the backend's. */
  readonly isPooled: boolean
  readonly isEncrypted: boolean
}

/** What our statements rely on, whatever ALTER ROLE or ALTER DATABASE … SET say. */
const usual: Readonly<Record<string, string>> = {
  search_path: 'logcollector, pg_catalog',
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
  statement_timeout: '0',
  lock_timeout: '0',
  transaction_timeout: '0',
  idle_session_timeout: '0',
  idle_in_transaction_session_timeout: '0',
}

/** One round trip: the settings that this server knows, and what it is. Poolers refuse settings in the startup packet. */
const SET_UP = `select count(set_config(name, value, false)), pg_backend_pid() as pid,
    pg_is_in_recovery() as is_standby, current_setting('default_transaction_read_only') = 'on' as is_read_only
  from unnest($1::text[], $2::text[]) as s (name, value) where current_setting(name, true) is not null`

/** Role, password or database are wrong: other hosts would say the same (libpq does not ask them either). */
const FINAL_CLASSES = new Set(['28', '3D'])
/** RFC 5802 with RFC 5929. */
const BOUND_MECHANISM = 'SCRAM-SHA-256-PLUS'
const NO_ENTRY_IN_PG_HBA = '28000'

interface Refusal {
  readonly target: Target
  readonly error: unknown
}

/** Something of pg that its types do not show. */
interface ConnectionInternals {
  readonly stream: Socket
  /** Without it, pg's end() takes the connection for one that never was. */
  _connecting: boolean
  _ending: boolean
  attachListeners(stream: Socket): void
  emit(event: string, ...values: unknown[]): boolean
}

/** pg's connection over a socket that is open already. */
class ReadyConnection extends (pg.Connection as unknown as new (config: {
  stream: Socket
}) => ConnectionInternals) {
  connect(): void {
    const { stream } = this
    this._connecting = true
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const isExpected = this._ending && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      if (!isExpected) this.emit('error', error)
    })
    stream.on('close', () => this.emit('end'))
    this.attachListeners(stream)
    // Paused while nobody listened.
    stream.resume()
    // pg attaches its listener for it after this call.
    process.nextTick(() => this.emit('connect'))
  }
}

/**
 * Connects to the first host that will have us, and sets the session up.
 * @throws PipelineError POSTGRES_READ_ONLY, POSTGRES_TLS, POSTGRES_POOLER, POSTGRES_UNAVAILABLE (several hosts),
 * CONFIG_INVALID; with one host, what network or server said, as it is
 */
export async function connectClient(options: ConnectOptions): Promise<Connected> {
  const address = addressOf(options.url)
  const refusals: Refusal[] = []
  for (const target of address.targets) {
    for (const encryption of attemptsOf(address.tls, target)) {
      try {
        return await connectTo(target, encryption, address, options)
      } catch (error) {
        refusals.push({ target, error })
        if (!mayHelpOtherwise(error)) break
      }
    }
    const last = refusals.at(-1)!.error
    if (FINAL_CLASSES.has(sqlstateOf(last)?.slice(0, 2) ?? '') || isPoolerError(last)) throw last
  }
  throw summaryOf(refusals, address.targets.length)
}

function addressOf(url: string): PostgresAddress {
  try {
    return parsePostgresUrl(url)
  } catch (error) {
    if (!(error instanceof PostgresUrlError)) throw error
    throw new PipelineError('CONFIG_INVALID', { setting: 'postgres.url', problem: error.message }, error)
  }
}

async function connectTo(
  target: Target,
  encryption: Encryption,
  address: PostgresAddress,
  options: ConnectOptions,
): Promise<Connected> {
  const timeoutMs = address.connectTimeoutMs ?? options.connectTimeoutMs
  const socket = await openSocket(target, address.tls, encryption, timeoutMs)
  const client = createClient(socket, target, address, options)
  const timer = setTimeout(
    () => socket.destroy(new Error(`no session on ${nameOf(target)} within ${timeoutMs} ms`)),
    timeoutMs,
  )
  try {
    if (address.tls.channelBinding === 'require') demandChannelBinding(client, target, address)
    await client.connect()
    const isPooled = await setUp(client, target, options)
    const isEncrypted = 'encrypted' in socket
    return { client, socket, target, isPooled, isEncrypted }
  } catch (error) {
    socket.destroy()
    throw asTlsError(error, target, address)
  } finally {
    clearTimeout(timer)
  }
}

function createClient(
  socket: Socket,
  { host, port }: Target,
  { database, options, password, tls, user }: PostgresAddress,
  { name, queryTimeoutMs }: ConnectOptions,
): pg.Client {
  const config = {
    connection: new ReadyConnection({ stream: socket }),
    // They name the server where pg looks for a password (~/.pgpass).
    host,
    port,
    ssl: false,
    enableChannelBinding: tls.channelBinding !== 'disable',
    application_name: name,
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { password }),
    ...(database === null ? {} : { database }),
    ...(options === null ? {} : { options }),
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
  }
  const client = new pg.Client(config as pg.ClientConfig)
  // Whoever has the client hears of it by its statements; without a listener it would end the process.
  client.on('error', () => undefined)
  return client
}

/** pg binds where it can; here it has to. */
function demandChannelBinding(client: pg.Client, target: Target, { tls }: PostgresAddress): void {
  let isBound = false
  const connection = client.connection
  const refuse = (): void => {
    const reason = 'the server does not bind the password to the TLS connection (channel_binding=require)'
    const facts = { host: nameOf(target), sslmode: tls.mode, reason }
    connection.emit('error', new PipelineError('POSTGRES_TLS', facts))
  }
  connection.once('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) => {
    isBound = mechanisms.includes(BOUND_MECHANISM)
    if (!isBound) refuse()
  })
  connection.once('authenticationOk', () => {
    if (!isBound) refuse()
  })
}

async function setUp(client: pg.Client, target: Target, options: ConnectOptions): Promise<boolean> {
  const settings = { ...usual, ...options.settings }
  const { rows } = await client.query<{ pid: number; is_standby: boolean; is_read_only: boolean }>(SET_UP, [
    Object.keys(settings),
    Object.values(settings),
  ])
  const { pid, is_standby, is_read_only } = rows[0]!
  if (options.access === 'write' && (is_standby || is_read_only)) {
    const reason = is_standby ? 'a standby (in recovery)' : 'default_transaction_read_only is on'
    throw new PipelineError('POSTGRES_READ_ONLY', { hosts: `${nameOf(target)}: ${reason}` })
  }
  const isPooled = (client as unknown as { processID: number | null }).processID !== pid
  if (isPooled && options.checksPooling) {
    await refuseTransactionPooling(client, pid, () => connectClient({ ...options, checksPooling: false }))
  }
  return isPooled
}

/** The server may refuse our certificate after the handshake, as far as we can see. */
function asTlsError(error: unknown, target: Target, { tls }: PostgresAddress): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (!code.startsWith('ERR_SSL_')) return error
  const facts = { host: nameOf(target), sslmode: tls.mode, reason: messageOf(error) }
  return new PipelineError('POSTGRES_TLS', facts, error)
}

const sqlstateOf = (error: unknown): string | null =>
  error instanceof pg.DatabaseError ? (error.code ?? null) : null
const isPoolerError = (error: unknown): boolean =>
  error instanceof PipelineError && error.code === 'POSTGRES_POOLER'
const isTlsError = (error: unknown): boolean =>
  error instanceof PipelineError && error.code === 'POSTGRES_TLS'

/** With or without TLS, whichever was not tried. */
const mayHelpOtherwise = (error: unknown): boolean =>
  isTlsError(error) || sqlstateOf(error) === NO_ENTRY_IN_PG_HBA

function summaryOf(refusals: readonly Refusal[], hosts: number): unknown {
  const last = refusals.at(-1)!.error
  if (hosts === 1) return last
  const errors = refusals.map(({ error }) => error)
  const reasons = refusals.map(({ target, error }) => `${nameOf(target)}: ${reasonOf(error)}`).join('; ')
  if (errors.some(isReadOnlyError)) return new PipelineError('POSTGRES_READ_ONLY', { hosts: reasons })
  if (errors.every(isTlsError)) return new PipelineError('POSTGRES_TLS', { reason: reasons }, last)
  return new PipelineError('POSTGRES_UNAVAILABLE', { reason: reasons })
}

const isReadOnlyError = (error: unknown): error is PipelineError =>
  error instanceof PipelineError && error.code === 'POSTGRES_READ_ONLY'

/** Without our own words around it. */
function reasonOf(error: unknown): string {
  if (isReadOnlyError(error)) return String(error.context.hosts).replace(/^.*?\d: /, '')
  return error instanceof PipelineError ? String(error.context.reason) : messageOf(error)
}
