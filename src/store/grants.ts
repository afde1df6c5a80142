/**
 * The rights of a writer and of a reader as SQL: no more than they need (inspect.ts has the table), and what they had
 * before is taken away. Roles themselves are made by whoever administers the server; migrate.ts runs this.
 */
import pg from 'pg'
import { PipelineError } from '../errors.ts'
import { neededFunctions, neededOnTables } from './inspect.ts'

export interface RoleGrant {
  readonly role: string
  readonly kind: 'writer' | 'reader'
}

/** A reader that stays in a transaction slows every writer down. */
const READER_TIMEOUTS: Readonly<Record<string, string>> = {
  statement_timeout: '60s',
  idle_in_transaction_session_timeout: '60s',
}

/** Everything of the schema but the segments, which are read through logs. */
const READABLE = `select format('grant select on logcollector.%I to %I', relname, current_setting('logcollector.grantee'))
  from pg_class
  where relnamespace = 'logcollector'::regnamespace and relkind in ('r', 'p', 'v', 'm') and not relispartition`

/** One transaction: a writer that runs does not notice. */
export function grantsOf({ role, kind }: RoleGrant): string {
  const name = pg.escapeIdentifier(role)
  const rights = kind === 'writer' ? writerRights(name) : readerRights(role)
  // A line break in the name would end the comment.
  return `-- ${kind} ${JSON.stringify(role)}
begin;
revoke all on all tables in schema logcollector from ${name};
revoke all on all functions in schema logcollector from ${name};
revoke all on schema logcollector from ${name};
grant usage on schema logcollector to ${name};
${rights}
insert into logcollector.database_roles (role, kind) values (${pg.escapeLiteral(role)}, '${kind}')
  on conflict (role) do update set kind = excluded.kind, granted_at = now();
commit;
`
}

const writerRights = (name: string): string =>
  [
    ...Object.entries(neededOnTables).map(
      ([table, privileges]) => `grant ${privileges.join(', ')} on logcollector.${table} to ${name};`,
    ),
    ...neededFunctions.map(each => `grant execute on function logcollector.${each} to ${name};`),
  ].join('\n')

/** The name stands outside of the dollar quotes, which it could end. */
const readerRights = (role: string): string =>
  `set local logcollector.grantee = ${pg.escapeLiteral(role)};
do $$ declare statement text; begin
  for statement in ${READABLE}
  loop execute statement; end loop;
end $$;`

/** Statements that take rights over the role itself; none for a writer, whose sessions set what they need. */
export const timeoutsOf = ({ role, kind }: RoleGrant, database: string): string[] =>
  kind === 'writer'
    ? []
    : Object.entries(READER_TIMEOUTS).map(
        ([name, value]) =>
          `alter role ${pg.escapeIdentifier(role)} in database ${pg.escapeIdentifier(database)} set ${name} = '${value}';\n`,
      )

/** @throws ROLE_UNSUITABLE */
export async function checkRole(client: pg.Client, { role }: RoleGrant): Promise<void> {
  const { rows } = await client.query<{ is_superuser: boolean; owns: boolean }>(
    `select rolsuper as is_superuser, coalesce(pg_has_role(r.oid, n.nspowner, 'usage'), false) as owns
     from pg_roles r left join pg_namespace n on n.nspname = 'logcollector' where rolname = $1`,
    [role],
  )
  const [found] = rows
  const reason =
    found === undefined
      ? 'there is no such role; create role … login password …'
      : found.is_superuser
        ? 'it is a superuser, whom nothing can be refused'
        : found.owns
          ? 'it owns the schema, and would lose its rights to it'
          : null
  if (reason !== null) throw new PipelineError('ROLE_UNSUITABLE', { role, reason })
}
