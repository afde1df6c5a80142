/** kafkajs' errors as ours, and the lead of a login over the end of its session. */
import Connection from 'kafkajs/src/network/connection.js'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { kafkaFailure } from '../../src/source/kafka/failure.ts'
import { leadMs, repairKafkajs } from '../../src/source/kafka/kafkajs-repairs.ts'
import { suite } from '../support/suite.ts'

const test = suite('kafka failures')

const error = (facts: object, cause?: unknown): Error =>
  Object.assign(new Error('words', cause === undefined ? {} : { cause }), facts)
const codeOf = (thrown: unknown): string => kafkaFailure(thrown, { request: 'x' }).code

test('what is wrong is found below what kafkajs wraps around it', () => {
  const expired = error({ name: 'KafkaJSConnectionError', code: 'CERT_HAS_EXPIRED' })
  assert.is(codeOf(error({ name: 'KafkaJSNumberOfRetriesExceeded' }, expired)), 'KAFKA_TLS_UNTRUSTED')
  assert.is(codeOf(error({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' })), 'KAFKA_TLS_FAILED')
  assert.is(codeOf(error({ type: 'GROUP_AUTHORIZATION_FAILED', code: 30 })), 'KAFKA_NOT_AUTHORIZED')
  assert.is(codeOf(error({ type: 'UNSUPPORTED_SASL_MECHANISM', code: 33 })), 'KAFKA_MECHANISM_REFUSED')
  assert.is(codeOf(error({ code: 'ECONNREFUSED' })), 'KAFKA_REQUEST_FAILED')
  assert.is(codeOf('a text'), 'KAFKA_REQUEST_FAILED')
})

test('an error of ours stays what it is, wherever it stands in the chain; a loop ends', () => {
  const ours = new PipelineError('KAFKA_TOKEN_FAILED', { reason: 'r' })
  assert.is(kafkaFailure(ours, {}), ours)
  assert.is(kafkaFailure(error({}, error({}, ours)), {}), ours)
  const loop = error({}) as Error & { cause?: unknown }
  loop.cause = loop
  assert.is(codeOf(loop), 'KAFKA_REQUEST_FAILED')
})

test('a short session is renewed within its own length', () => {
  assert.equal([0, 3_000, 60_000, 3_600_000].map(leadMs), [0, 450, 9_000, 10_000])
  repairKafkajs()
  repairKafkajs()
  const logger = { namespace: () => logger }
  const connection = new Connection({ host: 'h', port: 1, logger, reauthenticationThreshold: 10_000 })
  connection.sessionLifetime = { toString: () => '4000' }
  assert.is(connection.reauthenticationThreshold, 600)
})

test.run()
