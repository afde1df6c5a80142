/** Addresses of Postgres as libpq reads them, and what is refused in words. */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { loadConfig, problemsOf, redactUrl, secretsOf } from '../../src/config/index.ts'
import { parsePostgresUrl, problemOfPostgresUrl } from '../../src/postgres/url.ts'
import { runs } from '../kernel/arbitraries.ts'
import { suite } from '../support/suite.ts'

const test = suite('postgres/url', { timeoutMs: 60_000 })
const targetsOf = (url: string): string[] =>
  parsePostgresUrl(url).targets.map(({ host, port }) => `${host}|${port}`)
const tlsOf = (query: string) => parsePostgresUrl(`postgres://h/db?${query}`).tls

test('hosts, ports, sockets and IPv6', () => {
  assert.equal(targetsOf('postgres://localhost'), ['localhost|5432'])
  assert.equal(targetsOf('postgresql://u:p@h1:5433,h2,[::1]:5434/db'), ['h1|5433', 'h2|5432', '::1|5434'])
  assert.equal(targetsOf('postgres:///db?host=/run/postgresql'), ['/run/postgresql|5432'])
  assert.equal(targetsOf('postgres://%2Frun%2Fpostgresql/db'), ['/run/postgresql|5432'])
  assert.equal(targetsOf('postgres://u@/db?host=h1,h2&port=6000'), ['h1|6000', 'h2|6000'])
})

test('user, password and database, decoded', () => {
  const { user, password, database } = parsePostgresUrl('postgres://a%40b:p%2Fq@r:s@h/log%20s')
  assert.equal([user, password, database], ['a@b', 'p/q@r:s', 'log s'])
  const empty = parsePostgresUrl('postgres://h')
  assert.equal([empty.user, empty.password, empty.database], [null, null, null])
})

test('sslmode means what it means to libpq', () => {
  assert.is(tlsOf('').mode, 'prefer')
  assert.is(tlsOf('ssl=true').mode, 'require')
  assert.is(tlsOf('sslmode=require').mode, 'require')
  assert.is(tlsOf('sslmode=require&sslrootcert=ca.pem').mode, 'verify-ca')
  assert.is(tlsOf('sslrootcert=system').mode, 'verify-full')
})

test('what is wrong is said, and no password with it', () => {
  const wrong: Readonly<Record<string, RegExp>> = {
    'sslmode=verify': /sslmode="verify"; write disable or allow or prefer/,
    'sslmode=verify-ca': /verify-ca without sslrootcert/,
    'sslmode=require&sslrootcert=system': /verify-full only/,
    'sslcert=a.pem': /both/,
    'channel_binding=require': /needs sslmode=require/,
    'sslnegotiation=direct': /needs sslmode=require/,
    'target_session_attrs=standby': /write any or read-write or primary/,
    'connect_timeout=5s': /write seconds/,
    'sslmod=require': /the parameter "sslmod"; known are/,
    'port=1,2': /1 hosts and 2 ports/,
    'port=99999': /write 1 to 65535/,
  }
  for (const [query, pattern] of Object.entries(wrong)) {
    const problem = problemOfPostgresUrl(`postgres://u:hidden@h/db?${query}`) ?? ''
    assert.match(problem, pattern)
    assert.not.match(problem, 'hidden')
  }
})

test('a list of hosts is a valid setting, redacted like any other', () => {
  const url = 'postgres://u:hidden@h1:5432,h2:5433/db?target_session_attrs=read-write'
  const config = loadConfig({ file: null, env: {}, overrides: { 'postgres.url': url } })
  assert.is(config.postgres.url, url)
  assert.ok(secretsOf(config).includes('hidden'))
  assert.is(redactUrl(url), url.replace('hidden', '***'))
})

test('what is wrong with it is a problem of the configuration', () => {
  const overrides = { 'postgres.url': 'postgres://u:hidden@h/db?sslmode=maybe' }
  try {
    loadConfig({ file: null, env: {}, overrides })
    assert.unreachable('it was taken')
  } catch (error) {
    const [problem] = problemsOf(error)
    assert.is(problem?.key, 'postgres.url')
    assert.match(problem?.problem ?? '', 'sslmode="maybe"')
  }
})

test('any text is an address or named as wrong, and its password is never quoted', () => {
  const part = fc.constantFrom(
    '@',
    ':',
    '/',
    '?',
    '&',
    '=',
    ',',
    '[',
    ']',
    '%',
    '%41',
    'h',
    '5432',
    'sslmode=',
    'require',
    'host=',
    'port=',
    '99999',
  )
  const nearly = fc.array(part, { maxLength: 14 }).map(parts => `postgres://u:tell-nobody${parts.join('')}`)
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string({ unit: 'binary' })), text => {
      const problem = problemOfPostgresUrl(text)
      // What is no URL at all is refused before (src/config/values.ts), without a word of it.
      if (!URL.canParse(text)) return
      assert.not.match(problem ?? '', 'tell-nobody')
      if (new URL(text).password !== '') assert.not.match(redactUrl(text), 'tell-nobody')
    }),
    runs(2_000),
  )
})

test.run()
