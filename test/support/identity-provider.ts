/**
 * An identity provider for tests: gives signed tokens (JWT, RS256) for client credentials over HTTP, and writes the key
 * set (JWKS) with which a broker checks them.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createDataFolder } from '../../stack/paths.ts'
import { cleanUp } from './suite.ts'

export interface IdentityProvider {
  readonly tokenUrl: string
  /** Path of the key set. */
  readonly keySet: string
  /** Bodies of the requests that were granted, in order. */
  readonly granted: readonly URLSearchParams[]
  /** Seconds that the next tokens live. */
  lifeSeconds: number
}

export const CLIENT = { id: 'log collector', secret: 'client-secret-4711' } as const
export const AUDIENCE = 'kafka-test'
export const ISSUER = 'https://identity.test'

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function tokenFor(key: KeyObject, lifeSeconds: number): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: CLIENT.id, iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + lifeSeconds }
  const text = `${base64({ alg: 'RS256', typ: 'JWT', kid: 'test' })}.${base64(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

const isClient = ({ headers }: IncomingMessage): boolean => {
  const credentials = [CLIENT.id, CLIENT.secret].map(encodeURIComponent).join(':')
  return headers.authorization === `Basic ${Buffer.from(credentials).toString('base64')}`
}

/** Starts one; it ends with the suite. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keySet = join(createDataFolder('identity'), 'jwks.json')
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'RS256', use: 'sig' }
  writeFileSync(keySet, JSON.stringify({ keys: [key] }))
  const granted: URLSearchParams[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', piece => pieces.push(piece))
    request.on('end', () => {
      const answer = (status: number, body: object) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      if (!isClient(request)) return answer(401, { error: 'invalid_client', hint: CLIENT.secret })
      granted.push(new URLSearchParams(Buffer.concat(pieces).toString()))
      const { lifeSeconds } = provider
      return answer(200, { access_token: tokenFor(privateKey, lifeSeconds), expires_in: lifeSeconds })
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const provider = { tokenUrl: `http://127.0.0.1:${port}/token`, keySet, granted, lifeSeconds: 300 }
  return provider
}
