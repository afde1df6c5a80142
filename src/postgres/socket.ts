/**
 * A socket to one server, plain or with TLS as sslmode asks: done before the pg client gets it, because pg reads sslmode
 * in its own way and cannot go on without TLS where a server has none. Neighbour: connect.ts.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, checkServerIdentity, connect as connectTls } from 'node:tls'
import { messageOf, PipelineError } from '../errors.ts'
import type { Target, TlsParameters } from './url.ts'

/** PostgreSQL manual, "Message Formats", SSLRequest: length, code. */
const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const YES = 'S'
const NO = 'N'
/** A server whose host is gone is noticed by then and some probes, also where nothing has a time-out. */
const KEEP_ALIVE_AFTER_MS = 30_000

/** A way to talk to a server. 'offered': TLS if the server has it. */
export type Encryption = 'plain' | 'offered' | 'demanded'

/** How sslmode would have it, in the order of the attempts (libpq's). */
export const attemptsOf = ({ mode }: TlsParameters, { host }: Target): readonly Encryption[] => {
  if (mode === 'disable' || host.startsWith('/')) return ['plain']
  if (mode === 'allow') return ['plain', 'demanded']
  return mode === 'prefer' ? ['offered', 'plain'] : ['demanded']
}

/** What a target is called in messages. */
export const nameOf = ({ host, port }: Target): string =>
  isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`

/**
 * Connects, within `timeoutMs`. @throws PipelineError POSTGRES_TLS where certificate or server refuse TLS; what the
 * network says is thrown as it is
 */
export async function openSocket(
  target: Target,
  tls: TlsParameters,
  encryption: Encryption,
  timeoutMs: number,
): Promise<Socket> {
  const { host, port } = target
  const socket = connectTcp({
    ...(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }),
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
    noDelay: true,
  })
  const timer = setTimeout(
    () => socket.destroy(new Error(`no connection to ${nameOf(target)} within ${timeoutMs} ms`)),
    timeoutMs,
  )
  try {
    await once(socket, 'connect')
    if (encryption === 'plain') return socket
    if (!tls.isDirect && !(await serverHasTls(socket))) {
      if (encryption === 'offered') return socket
      throw tlsError(target, tls, new Error('the server has no TLS (ssl = off)'))
    }
    return await encrypted(socket, target, tls)
  } catch (error) {
    socket.destroy()
    // A name with several addresses: each says why, and all of them together say nothing.
    throw error instanceof AggregateError ? error.errors[0] : error
  } finally {
    clearTimeout(timer)
  }
}

async function serverHasTls(socket: Socket): Promise<boolean> {
  socket.write(TLS_REQUEST)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.pause()
  const text = answer.toString('latin1')
  // More than one byte: somebody on the way has put in what would later be taken for encrypted (CVE-2021-23222).
  if (text !== YES && text !== NO) throw new Error('the server does not speak the protocol of Postgres')
  return text === YES
}

async function encrypted(socket: Socket, target: Target, tls: TlsParameters): Promise<Socket> {
  try {
    const secure = connectTls({ socket, ...optionsOf(target, tls) })
    // The raw socket reports what cuts it to its own listeners only.
    const cut = once(socket, 'close').then(() => {
      throw new Error('the connection was closed during the TLS handshake')
    })
    cut.catch(() => undefined)
    await Promise.race([once(secure, 'secureConnect'), cut])
    return secure
  } catch (error) {
    throw tlsError(target, tls, error)
  }
}

function optionsOf({ host }: Target, tls: TlsParameters): ConnectionOptions {
  const { cert, key, keyPassword, mode, rootCert } = tls
  const isVerified = mode === 'verify-ca' || mode === 'verify-full' || rootCert !== null
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: isVerified,
    checkServerIdentity: (_, certificate) =>
      mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(rootCert === null || rootCert === 'system' ? {} : { ca: fileOf('sslrootcert', rootCert) }),
    ...(cert === null || key === null ? {} : { cert: fileOf('sslcert', cert), key: fileOf('sslkey', key) }),
    ...(keyPassword === null ? {} : { passphrase: keyPassword }),
    ...(tls.isDirect ? { ALPNProtocols: ['postgresql'] } : {}),
  }
}

/** Read at every connect: certificates are renewed while we run. */
function fileOf(parameter: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Error(`${parameter}: ${messageOf(error)}`, { cause: error })
  }
}

const tlsError = (target: Target, { mode }: TlsParameters, error: unknown): PipelineError =>
  new PipelineError('POSTGRES_TLS', { host: nameOf(target), sslmode: mode, reason: messageOf(error) }, error)
