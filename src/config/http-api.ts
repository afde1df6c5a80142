/** Rules of http.api, and what `auto` comes to. Part of the table in checks.ts. */
import { BlockList, isIP } from 'node:net'
import { problemOfPostgresUrl } from '../postgres/url.ts'
import type { Check } from './checks.ts'
import type { Config } from './types.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const isLoopback = (host: string): boolean => {
  const family = isIP(host)
  return host === 'localhost' || (family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6'))
}

/** Does the API ask for keys? */
export const apiWantsKeys = ({ http }: Pick<Config, 'http'>): boolean =>
  http.api.auth === 'auto' ? !isLoopback(http.host) : http.api.auth === 'keys'

export const httpApiChecks: readonly Check[] = [
  {
    keys: ['http.api.postgres_url'],
    violation: ({ http }) =>
      http.api.postgresUrl === '' ? null : problemOfPostgresUrl(http.api.postgresUrl),
  },
  {
    keys: ['http.api.auth', 'http.host'],
    violation: ({ http }) =>
      http.api.auth !== 'none' || isLoopback(http.host)
        ? null
        : `is none, but http.host ${http.host} can be reached from elsewhere; write keys and make one with "logcollector keys create", or set http.host to 127.0.0.1`,
  },
]
