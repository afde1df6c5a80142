/**
 * Secured clusters, on one broker that demands TLS, client certificates and every login we know: from `produce` to rows,
 * what the errors say, and sessions that end while records flow (src/source/kafka/client.ts).
 */
import type { Socket } from 'node:net'
import * as assert from 'uvu/assert'
import type { Finding } from '../../src/cli/check/finding.ts'
import { recordId } from '../../src/produce/generate.ts'
import { produce } from '../../src/produce/produce.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import type { Cluster } from '../../src/source/kafka/cluster.ts'
import { Instance } from '../faults/instance.ts'
import { assertExactlyOnce } from '../faults/judge.ts'
import { Observer } from '../faults/observer.ts'
import { Oracle } from '../faults/oracle.ts'
import { createAuthority } from '../support/certificates.ts'
import { cli } from '../support/cli.ts'
import { CLIENT } from '../support/identity-provider.ts'
import { database, topic } from '../support/services.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { type InProcess, startEngine } from './in-process.ts'
import {
  loginBy,
  loginByToken,
  SESSION_MS,
  type SecuredKafka,
  type Settings,
  startSecuredKafka,
} from './secured-kafka.ts'

const test = suite('kafka security', { timeoutMs: 40_000 })
const RECORDS = 2_000
let secured: SecuredKafka

test.before(async () => {
  secured = await startSecuredKafka()
})

interface Flow {
  readonly running: InProcess
  readonly failures: readonly string[]
  readonly oracle: Oracle
  send(records: number, recordsPerSecond?: number): Promise<void>
  /** Waits until all is stored, and compares. */
  assertExactlyOnce(): Promise<void>
}

let seeds = 0

/** A topic, an engine that stores it, and a producer, both over the secured listener. */
async function flow(settings: Settings): Promise<Flow> {
  const name = await topic({ partitions: 2, brokers: secured.kafka.address })
  const url = await database()
  const failures: string[] = []
  const all = { ...settings, 'kafka.topics': name, 'kafka.group_id': name, 'postgres.url': url }
  const running = startEngine(all, {
    listener: (event, facts) => {
      const { error } = facts as { error?: Error }
      if (error !== undefined && event !== 'source:group:crashed') failures.push(`${event}: ${error.message}`)
    },
  })
  const oracle = new Oracle()
  const observer = new Observer(url, name)
  return {
    running,
    failures,
    oracle,
    async send(records, recordsPerSecond) {
      const seed = ++seeds
      await produce({
        ...running.config.kafka,
        topic: name,
        source: createGeneratedSource({
          seed,
          records,
          startMs: Date.now() - 60_000,
          spanMs: 60_000,
          keys: false,
        }),
        deliveryTimeoutMs: 10_000,
        onAck: ack => oracle.add(ack, index => recordId(seed, index)),
        ...(recordsPerSecond === undefined ? {} : { recordsPerSecond }),
      })
    },
    async assertExactlyOnce() {
      await observer.caughtUp(oracle, 20_000)
      await running.stop()
      await assertExactlyOnce(url, oracle, name)
    },
  }
}

async function assertStored(settings: Settings): Promise<void> {
  const { assertExactlyOnce, send } = await flow(settings)
  await send(RECORDS)
  await assertExactlyOnce()
}

/** What `check` has to say about Kafka. */
async function problemOf(settings: Settings): Promise<Finding> {
  const flags = Object.entries({ ...settings, 'postgres.url': 'postgres://127.0.0.1:1/x' }).flatMap(
    ([key, value]) => ['--set', `${key}=${value}`],
  )
  const { out } = await cli('check', '--json', ...flags)
  const { findings } = JSON.parse(out) as { findings: Finding[] }
  const found = findings.find(({ subject, ok }) => subject === 'kafka' && !ok)
  assert.ok(found, out)
  return found
}

test('TLS with an authority of our own: produced, stored, listed by lag', async () => {
  const settings = secured.reach('TLS')
  const { running, send, assertExactlyOnce } = await flow(settings)
  await send(RECORDS)
  await assertExactlyOnce()
  const { kafka, postgres } = running.config
  const all = { ...settings, 'kafka.topics': kafka.topics[0]!, 'kafka.group_id': kafka.groupId }
  const flags = Object.entries({ ...all, 'postgres.url': postgres.url }).flatMap(([key, value]) => [
    '--set',
    `${key}=${value}`,
  ])
  const { code, out, note } = await cli('lag', '--json', ...flags)
  assert.is(code, 0, note)
  assert.equal([JSON.parse(out).totalLag, JSON.parse(out).unknown], [0, 0])
})

test('a certificate of an unknown authority, or for another name, is named as the trouble', async () => {
  const other = await createAuthority('another authority')
  const wrong = await problemOf({ ...secured.reach('TLS'), 'kafka.tls.ca_file': other.cert })
  assert.match(wrong.message, 'certificate of a broker is not to be trusted')
  assert.match(wrong.remedy!, 'kafka.tls.ca_file')
  const renamed = await problemOf({ ...secured.reach('TLS'), 'kafka.tls.server_name': 'kafka.example' })
  assert.match(renamed.message, /not to be trusted: .*kafka\.example/)
  assert.match(renamed.remedy!, 'kafka.tls.server_name')
  const { 'kafka.brokers': brokers = '' } = secured.reach('TLS')
  const plain = await problemOf({ 'kafka.brokers': brokers })
  assert.match(plain.remedy!, 'kafka.tls.enabled')
  // The name is not asked for where only the authority is checked.
  await assertStored({
    ...secured.reach('TLS'),
    'kafka.tls.server_name': 'kafka.example',
    'kafka.tls.verify': 'ca',
  })
})

test('client certificates', async () => {
  const { cert, key } = secured.client
  const without = await problemOf(secured.reach('MUTUAL'))
  assert.match(without.message, 'The TLS handshake with a broker failed')
  assert.match(without.remedy!, 'kafka.tls.cert_file')
  await assertStored({
    ...secured.reach('MUTUAL'),
    'kafka.tls.cert_file': cert,
    'kafka.tls.key_file': key,
  })
})

for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
  test(`SASL ${mechanism} over TLS`, () => assertStored({ ...secured.reach('LOGIN'), ...loginBy(mechanism) }))

  test(`SASL ${mechanism}: a wrong password is said to be one, and is not shown`, async () => {
    const wrong = await problemOf({ ...secured.reach('LOGIN'), ...loginBy(mechanism, 'wrong-secret') })
    assert.match(wrong.message, 'A broker refuses our credentials')
    assert.match(wrong.remedy!, 'kafka.sasl.password')
    assert.not.match(JSON.stringify(wrong), 'wrong-secret')
  })
}

test('SASL oauthbearer: tokens by client credentials, shared by all connections', async () => {
  const { granted } = secured.identity
  await assertStored({ ...secured.reach('TOKEN'), ...loginByToken(secured.identity) })
  assert.ok(granted.length > 0 && granted.length <= 2, `${granted.length} tokens for engine and producer`)
  assert.equal(Object.fromEntries(granted[0]!), { grant_type: 'client_credentials', scope: 'kafka' })
  const wrong = await problemOf({ ...secured.reach('TOKEN'), ...loginByToken(secured.identity, 'wrong') })
  assert.match(wrong.message, /identity provider gave no token: .*401, invalid_client/)
  assert.not.match(JSON.stringify(wrong), CLIENT.secret)
})

test('a mechanism that the listener does not have', async () => {
  const wrong = await problemOf({ ...secured.reach('TOKEN'), ...loginBy('scram-sha-256') })
  assert.match(wrong.message, 'The SASL mechanism is not enabled on the broker')
  assert.match(wrong.remedy!, 'sasl.enabled.mechanisms')
})

test('run says in its log what is wrong with the login, not at every attempt, without the password, and goes on trying', async () => {
  const settings = { ...secured.reach('LOGIN'), ...loginBy('plain', 'wrong-secret') }
  const instance = new Instance({ ...settings, 'postgres.url': await database() })
  const tries = async () => (await instance.metric('fetch_failures_total')) >= 4
  await instance.during(until(tries, { deadlineMs: 20_000, what: 'four attempts' }))
  const lines = instance.log().filter(({ code }) => code === 'KAFKA_AUTHENTICATION_FAILED')
  // At once, then counted: after a second, after ten more.
  assert.ok(lines.length >= 1 && lines.length <= 3, instance.text())
  assert.ok(
    lines.slice(1).every(({ times }) => Number(times) >= 1),
    instance.text(),
  )
  assert.match(String(lines[0]?.remedy), 'kafka.sasl.password')
  assert.ok(instance.log().length < 30, instance.text())
  const { reasons } = await instance.readiness()
  assert.match(reasons.join(), 'A broker refuses our credentials')
  await instance.kill('SIGTERM')
  assert.not.match(instance.text(), 'wrong-secret')
})

/** The socket that Fetch requests take; it stays the same as long as the broker does not close it. */
async function fetchSocket({ engine }: InProcess): Promise<Socket> {
  const { cluster } = engine.parts.adapter as unknown as { cluster: Cluster }
  const { connectionPool } = await cluster.findBroker({ nodeId: '1' })
  return (await connectionPool.getConnection(1)).socket
}

test('sessions that end while records flow are renewed: no connection is lost, and nothing else', async () => {
  secured.identity.lifeSeconds = 4
  const flows = await Promise.all([
    flow({ ...secured.reach('LOGIN'), ...loginBy('scram-sha-512') }),
    flow({ ...secured.reach('TOKEN'), ...loginByToken(secured.identity) }),
  ])
  await Promise.all(
    flows.map(async ({ assertExactlyOnce, failures, oracle, running, send }) => {
      await running.ready()
      const { adapter } = running.engine.parts
      const [name] = running.config.kafka.topics
      await adapter.isCompacted(name!)
      await send(RECORDS)
      const socket = await fetchSocket(running)
      const begin = performance.now()
      await send(RECORDS, Math.ceil(RECORDS / (2.7 * (SESSION_MS / 1000))))
      assert.ok(performance.now() - begin > 2.4 * SESSION_MS, 'it took more than two sessions')
      assert.equal(failures, [])
      assert.ok((await fetchSocket(running)) === socket, 'the broker closed no connection')
      assert.equal(
        running.engine.snapshot().partitions.map(({ mode }) => mode),
        ['consuming', 'consuming'],
      )
      assert.is(await adapter.isCompacted(name!), false, 'a connection that was idle meanwhile')
      assert.is(oracle.records, 2 * RECORDS)
      await assertExactlyOnce()
    }),
  )
})

test.run()
