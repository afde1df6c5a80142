/** Settings of kafka.tls and kafka.sasl that do not fit each other, and files that are not what they should be. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import {
  type ConfigSources,
  describeConfig,
  describeProblem,
  loadConfig,
  problemsOf,
} from '../../src/config/index.ts'
import { createDataFolder } from '../../stack/paths.ts'
import { type Certificate, createAuthority } from '../support/certificates.ts'
import { suite } from '../support/suite.ts'

const test = suite('config/kafka-security', { timeoutMs: 20_000 })
type Overrides = NonNullable<ConfigSources['overrides']>

const folder = createDataFolder('pem')
let ca = ''
let own: Certificate
let other: Certificate

test.before(async () => {
  const authority = await createAuthority('config')
  ca = authority.cert
  own = await authority.sign('own')
  other = await authority.sign('other')
})

function faultsOf(overrides: Overrides): string[] {
  try {
    loadConfig({ file: null, env: {}, overrides })
  } catch (error) {
    return problemsOf(error).map(describeProblem)
  }
  return []
}

const fileWith = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const tls = (settings: Overrides): Overrides => ({ 'kafka.tls.enabled': 'true', ...settings })
const pair = (certFile: string, keyFile: string, password = ''): Overrides =>
  tls({
    'kafka.tls.cert_file': certFile,
    'kafka.tls.key_file': keyFile,
    ...(password === '' ? {} : { 'kafka.tls.key_password': password }),
  })

test('what fits', () => {
  assert.equal(faultsOf(tls({ 'kafka.tls.ca_file': ca })), [])
  assert.equal(faultsOf(pair(own.cert, own.key)), [])
  assert.equal(faultsOf(pair(own.both, own.both)), [], 'both in one file')
})

test('a file that is not there, or no PEM, is named with its setting and the way out', () => {
  const [missing] = faultsOf(tls({ 'kafka.tls.ca_file': '/none/ca.pem' }))
  assert.match(
    missing!,
    /kafka\.tls\.ca_file: cannot be read: ENOENT.*\/none\/ca\.pem.*this user may read it/,
  )
  const der = fileWith('ca.der', '\u0030\u0082 no text')
  const [binary] = faultsOf(tls({ 'kafka.tls.ca_file': der }))
  assert.match(binary!, /kafka\.tls\.ca_file: .*ca\.der holds no PEM certificate.*openssl x509 -inform der/)
  const cut = fileWith('cut.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')
  assert.match(faultsOf(tls({ 'kafka.tls.ca_file': cut }))[0]!, /certificate 1 of 1 in .*cut\.pem is damaged/)
})

test('a certificate and its key belong together', () => {
  assert.match(faultsOf(tls({ 'kafka.tls.cert_file': own.cert }))[0]!, 'set both')
  assert.match(faultsOf(pair(own.cert, other.key))[0]!, 'is not the key of the first certificate')
  assert.match(faultsOf(pair(own.cert, own.cert))[0]!, /key_file: .* holds no PEM private key/)
})

test('a key that is encrypted needs its password', () => {
  const locked = join(folder, 'locked.key')
  const to = ['-aes256', '-passout', 'pass:right', '-out', locked]
  execFileSync('openssl', ['pkey', '-in', own.key, ...to])
  assert.match(faultsOf(pair(own.cert, locked))[0]!, 'is encrypted; set kafka.tls.key_password')
  assert.match(faultsOf(pair(own.cert, locked, 'wrong'))[0]!, 'cannot be opened by kafka.tls.key_password')
  assert.equal(faultsOf(pair(own.cert, locked, 'right')), [])
})

test('what is set without its switch is no protection, and is refused', () => {
  assert.match(
    faultsOf({ 'kafka.tls.ca_file': ca })[0]!,
    'kafka.tls.ca_file: is set, but kafka.tls.enabled is false',
  )
  assert.match(faultsOf({ 'kafka.sasl.username': 'u' })[0]!, 'but kafka.sasl.mechanism is none')
  const token = { 'kafka.sasl.mechanism': 'plain', 'kafka.sasl.oauth.client_id': 'x' }
  assert.match(
    faultsOf(token).join('\n'),
    'kafka.sasl.oauth.client_id: is set, but kafka.sasl.mechanism is plain',
  )
})

test('a mechanism has what it needs', () => {
  const [user, password] = faultsOf({ 'kafka.sasl.mechanism': 'scram-sha-256' })
  assert.match(user!, 'kafka.sasl.username: is empty, but kafka.sasl.mechanism scram-sha-256 needs it')
  assert.match(password!, 'kafka.sasl.password')
  assert.is(faultsOf({ 'kafka.sasl.mechanism': 'oauthbearer' }).length, 3)
})

test('secrets are not shown', () => {
  const config = loadConfig({
    file: null,
    env: { LOGCOLLECTOR_KAFKA_SASL_PASSWORD: 'hunter2' },
    overrides: { 'kafka.sasl.mechanism': 'plain', 'kafka.sasl.username': 'u' },
  })
  assert.is(config.kafka.sasl.password, 'hunter2')
  assert.not.match(JSON.stringify(describeConfig(config)), 'hunter2')
})

test.run()
