/** How the brokers are reached where they demand it: TLS and SASL. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'
import { filePath, hostName, optionalText } from './shapes.ts'

export const kafkaSecuritySettings = {
  'kafka.tls.enabled': {
    type: 'bool',
    default: 'false',
    help: 'Speak TLS with the brokers.',
  },
  'kafka.tls.ca_file': {
    type: 'string',
    default: '',
    shape: filePath,
    help: 'PEM file with the certificates of the authorities that sign the brokers’; empty: the public ones that Node.js knows.',
  },
  'kafka.tls.cert_file': {
    type: 'string',
    default: '',
    shape: filePath,
    help: 'PEM file with our certificate and its chain, for brokers that ask for one.',
  },
  'kafka.tls.key_file': {
    type: 'string',
    default: '',
    shape: filePath,
    help: 'PEM file with the private key of kafka.tls.cert_file.',
  },
  'kafka.tls.key_password': {
    type: 'string',
    default: '',
    shape: optionalText,
    secret: true,
    help: 'Opens kafka.tls.key_file where it is encrypted.',
  },
  'kafka.tls.server_name': {
    type: 'string',
    default: '',
    shape: hostName,
    help: 'Name to ask for and to find in the brokers’ certificates; empty: the host of each broker.',
  },
  'kafka.tls.verify': {
    type: 'enum',
    default: 'full',
    values: ['full', 'ca', 'none'],
    help: 'What of the brokers’ certificates is checked: authority and host name, the authority only, or nothing, which leaves the connection open to anybody in between.',
  },
  'kafka.sasl.mechanism': {
    type: 'enum',
    default: 'none',
    values: ['none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'],
    help: 'How to log in at the brokers.',
  },
  'kafka.sasl.username': {
    type: 'string',
    default: '',
    shape: optionalText,
    help: 'For plain and scram; managed clouds call it API key.',
  },
  'kafka.sasl.password': {
    type: 'string',
    default: '',
    shape: optionalText,
    secret: true,
    help: 'For plain and scram; managed clouds call it API secret.',
  },
  'kafka.sasl.oauth.token_url': {
    type: 'url',
    default: '',
    schemes: ['https', 'http'],
    optional: true,
    help: 'For oauthbearer: where the identity provider gives tokens for client credentials.',
  },
  'kafka.sasl.oauth.client_id': {
    type: 'string',
    default: '',
    shape: optionalText,
    help: 'For oauthbearer: who asks for the token.',
  },
  'kafka.sasl.oauth.client_secret': {
    type: 'string',
    default: '',
    shape: optionalText,
    secret: true,
    help: 'For oauthbearer: the secret of kafka.sasl.oauth.client_id.',
  },
  'kafka.sasl.oauth.scope': {
    type: 'string',
    default: '',
    shape: optionalText,
    help: 'For oauthbearer: the scope to ask for; empty: none.',
  },
  'kafka.sasl.oauth.ca_file': {
    type: 'string',
    default: '',
    shape: filePath,
    help: 'PEM file with the authorities of the token URL; empty: the public ones that Node.js knows.',
  },
  'kafka.sasl.oauth.extensions': {
    type: 'list',
    default: '',
    minItems: 0,
    maxItems: 20,
    shape: { pattern: /^(?!auth=)[A-Za-z]+=[\x21-\x7e]+$/, accepts: 'name=value' },
    help: 'For oauthbearer: SASL extensions for the brokers, such as logicalCluster=lkc-1 of Confluent Cloud.',
  },
} as const satisfies Record<string, Setting>
