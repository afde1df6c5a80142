/**
 * Who may ask what: API keys with scopes, or, without keys, whoever asks from this machine. Used by every route of
 * /api/v1 (index.ts) and by whatever else takes keys.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { PipelineError } from '../../errors.ts'
import { isFromHere } from '../debug/guard.ts'

/** admin includes the other two. */
export const scopes = ['read', 'write', 'admin'] as const
export type Scope = (typeof scopes)[number]

export interface StoredKey {
  readonly id: string
  /** SHA-256 of the secret. */
  readonly hash: Buffer
  readonly scopes: readonly string[]
}

/** null: no keys are asked for, and only requests from this machine are answered. */
export type Access = null | {
  /** The key of that id, null when there is none (any more). @throws PipelineError when nobody can tell */
  find(id: string): Promise<StoredKey | null>
}

export interface Principal {
  /** Of the key; the address where there are no keys. */
  readonly id: string
}

/** @throws PipelineError API_KEY_INVALID, API_SCOPE_MISSING, API_NOT_FROM_HERE */
export type Authorise = (request: FastifyRequest, scope: Scope) => Promise<Principal>

/** lc_<id>_<secret>: see src/store/api-keys.ts, which makes them. */
const keyPattern = /^lc_([0-9a-z]{12})_([\w-]{43})$/

/** The text of the header "Authorization: Bearer …" or "X-Api-Key: …". */
function keyIn({ headers }: FastifyRequest): string | undefined {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  const [header] = [headers['x-api-key']].flat()
  return bearer ?? header
}

/** A page of another site may send what it cannot read the answer to: without keys it may not even do that. */
function isOurPage({ headers, host }: FastifyRequest, corsOrigins: readonly string[]): boolean {
  const { origin } = headers
  if (origin === undefined || corsOrigins.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === host
}

/** Makes the check of every request. @param corsOrigins pages that may ask without a key */
export function createAuthorise(access: Access, corsOrigins: readonly string[]): Authorise {
  return async (request, scope) => {
    if (access === null) {
      if (isFromHere(request) && isOurPage(request, corsOrigins)) return { id: request.ip }
      throw new PipelineError('API_NOT_FROM_HERE', { from: request.ip })
    }
    const [, id, secret] = keyPattern.exec(keyIn(request) ?? '') ?? []
    const key = id === undefined ? null : await access.find(id)
    const given = createHash('sha256')
      .update(secret ?? '')
      .digest()
    if (key === null || !timingSafeEqual(given, key.hash)) throw new PipelineError('API_KEY_INVALID')
    if (!key.scopes.includes(scope) && !key.scopes.includes('admin'))
      throw new PipelineError('API_SCOPE_MISSING', { key: key.id, scope })
    return { id: key.id }
  }
}
