/**
 * Whether sealed segments get a trigram index on the message, which finds any part of it: as storage.text_index says,
 * and as far as the server has pg_trgm and lets us use it. seal.ts builds it, as the kind "trigram".
 */
import type pg from 'pg'
import { messageOf } from '../../errors.ts'

export type TextIndexSetting = 'auto' | 'on' | 'off'

/** Where its operator class lives; or why there is none. */
export type TextIndex = { readonly schema: string } | { readonly schema: null; readonly reason: string }

interface Facts {
  readonly schema: string | null
  /** Null: the server does not have it. */
  readonly trusted: boolean | null
  readonly may_create: boolean
  readonly is_superuser: boolean
  readonly has_public: boolean
}

const FACTS = `
  select (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname = 'pg_trgm') as schema,
    (select bool_or(trusted) from pg_available_extension_versions where name = 'pg_trgm') as trusted,
    has_database_privilege(current_database(), 'create') as may_create,
    (select rolsuper from pg_roles where rolname = current_user) as is_superuser,
    exists (select from pg_namespace where nspname = 'public') as has_public`

/** Makes the extension where it is missing and may be made; asks for nothing that the server would refuse. */
export async function findTextIndex(client: pg.Client, setting: TextIndexSetting): Promise<TextIndex> {
  if (setting === 'off') return { schema: null, reason: 'storage.text_index is off' }
  const facts = (await client.query<Facts>(FACTS)).rows[0]!
  if (facts.schema !== null) return { schema: facts.schema }
  if (facts.trusted === null)
    return { schema: null, reason: 'the server does not have the extension pg_trgm' }
  if (!(facts.is_superuser || (facts.trusted && facts.may_create)))
    return { schema: null, reason: 'the role may not create the extension pg_trgm in this database' }
  // A schema of ours would get functions that are not ours to grant.
  if (!facts.has_public)
    return { schema: null, reason: 'there is no schema public for pg_trgm to be made in' }
  try {
    await client.query('create extension if not exists pg_trgm schema public')
    return { schema: 'public' }
  } catch (error) {
    return { schema: null, reason: messageOf(error) }
  }
}
