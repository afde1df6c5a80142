/**
 * Who may see /debug: whoever carries the token of http.debug_token; without one, only this machine. A hook for the
 * scope of those routes (server.ts).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { PipelineError } from '../../errors.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Also IPv4 written as IPv6, as a socket that listens on both shows it. */
function isLoopback(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Not every proxy says that it is one: docs/api.md. */
const marksOfProxies = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
] as const

/**
 * The name that was asked for must be this machine's too: a page in a browser here may make its own name point to
 * 127.0.0.1. What a proxy on this machine passes on comes from elsewhere.
 */
export function isFromHere({ ip, hostname, headers }: FastifyRequest): boolean {
  const name = hostname.replace(/^\[(.*)\]$/, '$1')
  const isPassedOn = marksOfProxies.some(name => name in headers)
  return isLoopback(ip) && (name === 'localhost' || isLoopback(name)) && !isPassedOn
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Takes as long for a nearly right token as for any other. */
function isBearer(header: string | undefined, expected: Buffer): boolean {
  const [, given] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? []
  return given !== undefined && timingSafeEqual(digest(given), expected)
}

/** An onRequest hook. Throws HTTP_UNAUTHORIZED where a token is set, else HTTP_FORBIDDEN. */
export function debugGuard(token: string): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const expected = digest(token)
  return async (request, reply) => {
    if (token === '') {
      if (!isFromHere(request)) throw new PipelineError('HTTP_FORBIDDEN', { from: request.ip })
    } else if (!isBearer(request.headers.authorization, expected)) {
      reply.header('www-authenticate', 'Bearer realm="logcollector"')
      throw new PipelineError('HTTP_UNAUTHORIZED')
    }
  }
}
