/**
 * Asks a server to end what a connection runs, by a connection of its own: past any queue, also through a pooler, and
 * never on another server of the same URL. Neighbour: connect.ts.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import type pg from 'pg'
import type { Connected } from './connect.ts'

/** PostgreSQL manual, "Message Formats", CancelRequest: length, code, process id, secret key. */
const LENGTH = 16
const CANCEL_REQUEST = 80_877_102

/** What pg keeps of BackendKeyData. */
interface BackendKey {
  readonly processID: number | null
  readonly secretKey: number | null
}

/** Resolves when the server took notice, or could not be reached within `timeoutMs`; nobody hears which. */
export async function cancelQuery(
  { client, target }: { readonly client: pg.ClientBase; readonly target: Connected['target'] },
  timeoutMs: number,
): Promise<void> {
  const { processID, secretKey } = client as unknown as BackendKey
  if (processID === null || secretKey === null) return
  const message = Buffer.alloc(LENGTH)
  message.writeInt32BE(LENGTH, 0)
  message.writeInt32BE(CANCEL_REQUEST, 4)
  message.writeInt32BE(processID, 8)
  message.writeInt32BE(secretKey, 12)
  const { host, port } = target
  const socket = connect(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port })
  const timer = setTimeout(() => socket.destroy(), timeoutMs)
  // The statement's own time-out ends it then.
  socket.on('error', () => undefined)
  socket.resume()
  socket.write(message)
  // The server closes when it is done.
  await once(socket, 'close').catch(() => undefined)
  clearTimeout(timer)
}
