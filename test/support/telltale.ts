/**
 * Servers that refuse every login and quote in their error what they were given: Postgres, Redis, Kafka with SASL PLAIN.
 * For tests of what becomes of such an error.
 */

import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { cleanUp } from './suite.ts'

/** Takes what has come so far; returns what is left. */
type Reader = (bytes: Buffer) => Buffer

/** Listens until the running suite ends. @returns the port */
async function listening(readerOf: (socket: Socket) => Reader): Promise<number> {
  const sockets = new Set<Socket>()
  const server: Server = createServer(socket => {
    sockets.add(socket)
    const read = readerOf(socket)
    let held = Buffer.alloc(0)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', bytes => {
      held = Buffer.from(read(Buffer.concat([held, bytes])))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise(resolve => server.close(() => resolve()))
  })
  return (server.address() as AddressInfo).port
}

const SSL_REQUEST = 80_877_103
const CLEARTEXT = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])

/** PostgreSQL manual, "Message Formats": start-up, request for a password, ErrorResponse with the password in it. */
export const telltalePostgres = (): Promise<number> =>
  listening(socket => {
    let isStarted = false
    return bytes => {
      for (;;) {
        const head = isStarted ? 1 : 0
        if (bytes.length < head + 4) return bytes
        const size = head + bytes.readInt32BE(head)
        if (bytes.length < size) return bytes
        if (!isStarted && bytes.readInt32BE(4) === SSL_REQUEST) socket.write('N')
        else if (isStarted) socket.end(refusal(bytes.toString('utf8', 5, size - 1)))
        else {
          isStarted = true
          socket.write(CLEARTEXT)
        }
        bytes = bytes.subarray(size)
      }
    }
  })

function refusal(password: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C28P01\0Mthe password "${password}" is wrong\0\0`)
  const size = Buffer.alloc(4)
  size.writeInt32BE(4 + fields.length)
  return Buffer.concat([Buffer.from('E'), size, fields])
}

/** RESP: an error to each command, with all of its arguments. */
export const telltaleRedis = (): Promise<number> =>
  listening(socket => bytes => {
    socket.write(`-WRONGPASS ${bytes.toString('utf8').replace(/[\r\n]+/g, ' ')}\r\n`)
    return Buffer.alloc(0)
  })

const API_VERSIONS = 18
const SASL_HANDSHAKE = 17
const SASL_AUTHENTICATE = 36
const METADATA = 3
const AUTHENTICATION_FAILED = 58

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const int32 = (value: number): Buffer => Buffer.from([value >> 24, value >> 16, value >> 8, value])
const string = (text: string): Buffer => Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)])

/** Kafka's protocol as far as the login (KIP-43, KIP-152). */
export const telltaleKafka = (): Promise<number> =>
  listening(socket => bytes => {
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
      const size = 4 + bytes.readInt32BE(0)
      const answer = Buffer.concat([
        bytes.subarray(8, 12),
        bodyFor(bytes.readInt16BE(4), bytes.subarray(12, size)),
      ])
      socket.write(Buffer.concat([int32(answer.length), answer]))
      bytes = bytes.subarray(size)
    }
    return bytes
  })

function bodyFor(api: number, request: Buffer): Buffer {
  if (api === API_VERSIONS) {
    const apis = [METADATA, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE]
    const ranges = apis.map(key =>
      Buffer.concat([int16(key), int16(0), int16(key === SASL_HANDSHAKE ? 1 : 0)]),
    )
    return Buffer.concat([int16(0), int32(apis.length), ...ranges])
  }
  if (api === SASL_HANDSHAKE) return Buffer.concat([int16(0), int32(1), string('PLAIN')])
  const given = request.toString('utf8').replace(/[^\x20-\x7e]+/g, ' ')
  return Buffer.concat([int16(AUTHENTICATION_FAILED), string(`${given} is wrong`), int32(0)])
}
