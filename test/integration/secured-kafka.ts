/**
 * A broker that demands what secured clusters demand, on a listener for each kind, and the settings for its clients.
 * Used by kafka-security.test.ts.
 */
import type { SettingKey } from '../../src/config/settings/index.ts'
import { type Kafka, type KafkaListener, startKafka } from '../../stack/kafka.ts'
import { type Authority, type Certificate, createAuthority } from '../support/certificates.ts'
import {
  AUDIENCE,
  CLIENT,
  type IdentityProvider,
  ISSUER,
  startIdentityProvider,
} from '../support/identity-provider.ts'
import { cleanUp } from '../support/suite.ts'

export type Settings = Readonly<Partial<Record<SettingKey, string>>>

export const USER = 'alice'
export const PASSWORD = 'alice-secret-4711'
/** Sessions of SCRAM-SHA-512 end after this. */
export const SESSION_MS = 3_000

const LOGIN_MODULES = 'org.apache.kafka.common.security'
const VALIDATOR = `${LOGIN_MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler`

export interface SecuredKafka {
  readonly kafka: Kafka
  readonly authority: Authority
  /** Of the client, signed by the authority that the broker trusts. */
  readonly client: Certificate
  readonly identity: IdentityProvider
  /** How a client reaches a listener: address and TLS where it speaks that. */
  reach(listener: 'TLS' | 'MUTUAL' | 'LOGIN' | 'TOKEN'): Settings
}

const store = (kind: 'keystore' | 'truststore', file: string): Record<string, string> => ({
  [`ssl.${kind}.type`]: 'PEM',
  [`ssl.${kind}.location`]: file,
})

function listenersFor(authority: Authority, server: Certificate): KafkaListener[] {
  const tls = store('keystore', server.both)
  const mutual = { ...tls, ...store('truststore', authority.cert), 'ssl.client.auth': 'required' }
  const scram = `${LOGIN_MODULES}.scram.ScramLoginModule required;`
  return [
    { name: 'TLS', protocol: 'SSL', settings: tls },
    { name: 'MUTUAL', protocol: 'SSL', settings: mutual },
    {
      name: 'LOGIN',
      protocol: 'SASL_SSL',
      settings: {
        ...tls,
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        'plain.sasl.jaas.config': `${LOGIN_MODULES}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
        'scram-sha-256.sasl.jaas.config': scram,
        'scram-sha-512.sasl.jaas.config': scram,
        'scram-sha-512.connections.max.reauth.ms': String(SESSION_MS),
      },
    },
    {
      name: 'TOKEN',
      protocol: 'SASL_PLAINTEXT',
      settings: {
        'sasl.enabled.mechanisms': 'OAUTHBEARER',
        'oauthbearer.sasl.jaas.config': `${LOGIN_MODULES}.oauthbearer.OAuthBearerLoginModule required;`,
        'oauthbearer.sasl.server.callback.handler.class': VALIDATOR,
        // Sessions end with the token only where this allows more.
        'oauthbearer.connections.max.reauth.ms': '3600000',
      },
    },
  ]
}

/** Starts it; it ends with the suite. */
export async function startSecuredKafka(): Promise<SecuredKafka> {
  const [authority, identity] = await Promise.all([
    createAuthority('test authority'),
    startIdentityProvider(),
  ])
  const [server, client] = await Promise.all([
    authority.sign('broker', ['localhost']),
    authority.sign('logcollector'),
  ])
  const keySetUrl = `file://${identity.keySet}`
  const kafka = await startKafka({
    heapMiB: 512,
    listeners: listenersFor(authority, server),
    scramUsers: { [USER]: PASSWORD },
    settings: {
      'sasl.oauthbearer.jwks.endpoint.url': keySetUrl,
      'sasl.oauthbearer.expected.audience': AUDIENCE,
      'sasl.oauthbearer.expected.issuer': ISSUER,
    },
    javaOptions: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${keySetUrl}`],
  })
  cleanUp(() => kafka.stop())
  return {
    kafka,
    authority,
    client,
    identity,
    reach: listener => ({
      'kafka.brokers': kafka.addressOf(listener),
      ...(listener === 'TOKEN' ? {} : { 'kafka.tls.enabled': 'true', 'kafka.tls.ca_file': authority.cert }),
    }),
  }
}

/** The settings of a login by user and password. */
export const loginBy = (
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512',
  password = PASSWORD,
): Settings => ({
  'kafka.sasl.mechanism': mechanism,
  'kafka.sasl.username': USER,
  'kafka.sasl.password': password,
})

/** The settings of a login by token. */
export const loginByToken = ({ tokenUrl }: IdentityProvider, secret: string = CLIENT.secret): Settings => ({
  'kafka.sasl.mechanism': 'oauthbearer',
  'kafka.sasl.oauth.token_url': tokenUrl,
  'kafka.sasl.oauth.client_id': CLIENT.id,
  'kafka.sasl.oauth.client_secret': secret,
  'kafka.sasl.oauth.scope': 'kafka',
})
