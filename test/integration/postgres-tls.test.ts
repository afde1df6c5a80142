/**
 * TLS to a server that has it and to one that has not, in every sslmode: what is let through, what is refused, and by
 * which error; and a whole run over it.
 */
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { connectClient } from '../../src/postgres/connect.ts'
import { produce } from '../../src/produce/produce.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import { verify } from '../../src/store/verify/index.ts'
import { type Postgres, startPostgres } from '../../stack/postgres.ts'
import { type Authority, type Certificate, createAuthority } from '../support/certificates.ts'
import { database, kafkaAddress, postgresAddress, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('postgres TLS', { timeoutMs: 40_000 })
let server: Postgres
let authority: Authority
let stranger: Authority
let client: Certificate
let forged: Certificate

test.before(async () => {
  authority = await createAuthority('authority')
  stranger = await createAuthority('stranger')
  const { cert, key } = await authority.sign('server', ['localhost'])
  client = await authority.sign('certified')
  forged = await stranger.sign('certified')
  server = await startPostgres({
    version: 18,
    tls: { cert, key, ca: authority.cert },
    access: [
      'hostssl all certified all cert',
      'host all scrammed all scram-sha-256',
      'hostssl all bare all reject',
      'hostnossl all covered all reject',
    ],
    settings: { fsync: 'off' },
  })
  cleanUp(() => server.stop())
  await execute(
    server.url,
    'create role certified login; create role bare login; create role covered login',
    `create role scrammed login password 'secret'`,
  )
})

interface Attempt {
  readonly host?: string
  readonly user?: string
  readonly query?: Readonly<Record<string, string>>
}

/** "plain", "encrypted", or the error. */
async function attempt({ host = 'localhost', user = 'postgres', query = {} }: Attempt): Promise<unknown> {
  const parameters = new URLSearchParams(query).toString()
  const url = `postgres://${user}@${host}:${server.port}/postgres?${parameters}`
  try {
    const { client: connected, isEncrypted } = await connectClient({
      url,
      name: 'test',
      connectTimeoutMs: 5_000,
      access: 'write',
    })
    const { rows } = await connected.query<{ ssl: boolean }>(
      'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
    )
    await connected.end()
    assert.is(rows[0]!.ssl, isEncrypted)
    return isEncrypted ? 'encrypted' : 'plain'
  } catch (error) {
    return error
  }
}

async function refused(tried: Attempt, reason: RegExp): Promise<void> {
  const error = await attempt(tried)
  assert.instance(error, PipelineError, `${JSON.stringify(tried)}: ${String(error)}`)
  const { code, context, remedy } = error as PipelineError
  assert.is(code, 'POSTGRES_TLS')
  assert.match(String(context.reason), reason)
  assert.match(remedy, 'sslrootcert')
}

test('without verification: encrypted unless told otherwise', async () => {
  assert.is(await attempt({}), 'encrypted')
  assert.is(await attempt({ query: { sslmode: 'disable' } }), 'plain')
  assert.is(await attempt({ query: { sslmode: 'allow' } }), 'plain')
  assert.is(await attempt({ query: { sslmode: 'prefer' } }), 'encrypted')
  assert.is(await attempt({ query: { sslmode: 'require' } }), 'encrypted')
})

test('prefer and allow: what pg_hba.conf refuses in one way is tried in the other', async () => {
  assert.is(await attempt({ user: 'bare', query: { sslmode: 'prefer' } }), 'plain')
  assert.match(String(await attempt({ user: 'bare', query: { sslmode: 'require' } })), 'pg_hba.conf rejects')
  assert.is(await attempt({ user: 'covered', query: { sslmode: 'allow' } }), 'encrypted')
})

test('sslnegotiation=direct', async () => {
  assert.is(await attempt({ query: { sslmode: 'require', sslnegotiation: 'direct' } }), 'encrypted')
})

test('verify-full: the right authority and the right name, or none', async () => {
  const query = { sslmode: 'verify-full', sslrootcert: authority.cert }
  assert.is(await attempt({ query }), 'encrypted')
  await refused({ host: '127.0.0.1', query }, /IP: 127\.0\.0\.1 is not in the cert's list/)
  await refused({ query: { ...query, sslrootcert: stranger.cert } }, /unable to verify|self.signed/)
  await refused({ query: { sslmode: 'verify-full' } }, /unable to verify|self.signed/)
  await refused({ query: { ...query, sslrootcert: '/none/ca.pem' } }, /sslrootcert: ENOENT.*\/none\/ca\.pem/)
})

test('verify-ca, and require with an authority: the name does not matter', async () => {
  for (const sslmode of ['verify-ca', 'require']) {
    const query = { sslmode, sslrootcert: authority.cert }
    assert.is(await attempt({ host: '127.0.0.1', query }), 'encrypted')
    await refused({ query: { sslmode, sslrootcert: stranger.cert } }, /unable to verify|self.signed/)
  }
})

test('a client certificate instead of a password', async () => {
  const query = { sslmode: 'verify-full', sslrootcert: authority.cert }
  const own = { ...query, sslcert: client.cert, sslkey: client.key }
  assert.is(await attempt({ user: 'certified', query: own }), 'encrypted')
  const none = await attempt({ user: 'certified', query })
  assert.match(String(none), /connection requires a valid client certificate/)
  await refused({ user: 'certified', query: { ...query, sslcert: forged.cert, sslkey: forged.key } }, /alert/)
})

test('channel_binding=require: a password that is bound to the connection, or nothing', async () => {
  const query = { sslmode: 'require', channel_binding: 'require' }
  assert.is(await attempt({ user: 'scrammed:secret', query }), 'encrypted')
  const wrong = await attempt({ user: 'scrammed:wrong', query })
  assert.match(String(wrong), 'password authentication failed')
  await refused({ query }, /does not bind the password/)
})

test('a server without TLS: prefer goes without, require does not', async () => {
  const options = { name: 'test', connectTimeoutMs: 5_000, access: 'write' } as const
  const plain = await connectClient({ url: `${postgresAddress()}?sslmode=prefer`, ...options })
  assert.not(plain.isEncrypted)
  await plain.client.end()
  const error = await connectClient({ url: `${postgresAddress()}?sslmode=require`, ...options }).catch(e => e)
  assert.is(error.code, 'POSTGRES_TLS')
  assert.match(error.message, 'the server has no TLS')
})

test('records are stored over it', async () => {
  const name = await topic({ partitions: 2 })
  const url = new URL(await database({ server: server.url }))
  const plain = url.href
  url.hostname = 'localhost'
  url.search = String(new URLSearchParams({ sslmode: 'verify-full', sslrootcert: authority.cert }))
  const source = { seed: 1, records: 5_000, startMs: Date.now() - 60_000, spanMs: 60_000, keys: false }
  await produce({ brokers: kafkaAddress().split(','), topic: name, source: createGeneratedSource(source) })
  const { engine, ready, stop } = startEngine({
    'kafka.topics': name,
    'kafka.group_id': name,
    'postgres.url': url.href,
  })
  await ready()
  const stored = () => engine.snapshot().partitions.reduce((sum, { committed }) => sum + committed, 0)
  await until(() => stored() === 5_000, { deadlineMs: 20_000, what: 'all rows' })
  assert.ok(await stop())
  const report = await verify(plain, { sinceMs: null })
  assert.ok(report.ok, JSON.stringify(report))
})

test.run()
