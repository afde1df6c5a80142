/**
 * API keys as they lie in Postgres: made, listed, revoked. Only the hash of a secret is kept. What checks them is in
 * http/api/authorise.ts, what reads them for it in query/key-ring.ts.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto'
import type { StorePool } from './connection.ts'

export type KeyScope = 'read' | 'write' | 'admin'

export interface KeyEntry {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

const SECRET_BYTES = 32
const ID_LENGTH = 12
const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'

const randomId = (): string =>
  Array.from({ length: ID_LENGTH }, () => alphabet[randomInt(alphabet.length)]).join('')

/** Stores a new key and returns it whole: lc_<id>_<secret>. It cannot be had again. */
export async function createKey(
  pool: StorePool,
  name: string,
  scopes: readonly KeyScope[],
): Promise<{ id: string; key: string }> {
  const id = randomId()
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const hash = createHash('sha256').update(secret).digest()
  await pool.transaction('store an API key', client =>
    client.query('insert into api_keys (id, hash, name, scopes) values ($1, $2, $3, $4)', [
      id,
      hash,
      name,
      scopes,
    ]),
  )
  return { id, key: `lc_${id}_${secret}` }
}

/** The oldest first, also those that were revoked. */
export async function listKeys(pool: StorePool): Promise<KeyEntry[]> {
  const rows = await pool.query<{
    id: string
    name: string
    scopes: string[]
    created_at: Date
    revoked_at: Date | null
  }>('list API keys', 'select id, name, scopes, created_at, revoked_at from api_keys order by created_at, id')
  return rows.map(({ id, name, scopes, created_at, revoked_at }) => ({
    id,
    name,
    scopes,
    createdAt: created_at,
    revokedAt: revoked_at,
  }))
}

/** False when no key of that id was valid. */
export async function revokeKey(pool: StorePool, id: string): Promise<boolean> {
  const rows = await pool.query(
    'revoke an API key',
    'update api_keys set revoked_at = now() where id = $1 and revoked_at is null returning id',
    [id],
  )
  return rows.length > 0
}
