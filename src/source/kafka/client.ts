/**
 * The one place that makes kafkajs clients: addresses, TLS and SASL by the settings kafka.*. Neighbours: adapter.ts,
 * producer.ts and inspector.ts, which add their time-outs; oauth-token.ts; kafkajs-repairs.ts.
 */
import type { ConnectionOptions } from 'node:tls'
import { Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs'
import { type Config, readPem } from '../../config/index.ts'
import { repairKafkajs } from './kafkajs-repairs.ts'
import { TokenSource } from './oauth-token.ts'

type Tls = Config['kafka']['tls']
type Sasl = Config['kafka']['sasl']

/** Where the brokers are and what they demand; `config.kafka` is one. */
export interface ClusterOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Plain TCP without. */
  readonly tls?: Tls
  /** No login without. */
  readonly sasl?: Sasl
}

/** What a user of kafkajs says for itself. */
export type ClientOptions = Omit<KafkaConfig, 'brokers' | 'clientId' | 'ssl' | 'sasl'>

/** kafkajs allows a second for the connection, which a handshake with a far cloud can exceed. */
const TLS_CONNECT_TIMEOUT_MS = 10_000

/**
 * Makes clients of one cluster. Files are read here, once, and tokens are shared by all that are made.
 * Throws CONFIG_INVALID, with the setting, where a file cannot be read.
 */
export function clientFactory({
  brokers,
  clientId,
  tls,
  sasl,
}: ClusterOptions): (options: ClientOptions) => Kafka {
  repairKafkajs()
  const ssl = tls?.enabled ? tlsOptions(tls) : null
  const login = sasl === undefined || sasl.mechanism === 'none' ? null : loginOf(sasl)
  return options =>
    new Kafka({
      brokers: [...brokers],
      clientId,
      ...(ssl === null ? {} : { ssl, connectionTimeout: TLS_CONNECT_TIMEOUT_MS }),
      ...(login === null ? {} : { sasl: login }),
      ...options,
    })
}

function tlsOptions({ caFile, certFile, keyFile, keyPassword, serverName, verify }: Tls): ConnectionOptions {
  return {
    ...(caFile === '' ? {} : { ca: readPem('kafka.tls.ca_file', caFile) }),
    ...(certFile === '' ? {} : { cert: readPem('kafka.tls.cert_file', certFile) }),
    ...(keyFile === '' ? {} : { key: readPem('kafka.tls.key_file', keyFile) }),
    ...(keyPassword === '' ? {} : { passphrase: keyPassword }),
    ...(serverName === '' ? {} : { servername: serverName }),
    rejectUnauthorized: verify !== 'none',
    ...(verify === 'full' ? {} : { checkServerIdentity: () => undefined }),
  }
}

function loginOf({ mechanism, username, password, oauth }: Sasl): SASLOptions {
  switch (mechanism) {
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512':
      return { mechanism, username, password }
    default: {
      const { caFile, extensions } = oauth
      const ca = caFile === '' ? null : readPem('kafka.sasl.oauth.ca_file', caFile)
      const tokens = new TokenSource({ ...oauth, ca })
      const pairs = Object.fromEntries(extensions.map(pairOf))
      const provider = async () => ({ value: await tokens.get(), extensions: pairs })
      return { mechanism: 'oauthbearer', oauthBearerProvider: provider }
    }
  }
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}
