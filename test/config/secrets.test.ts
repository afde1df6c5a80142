/** What of the configuration is secret, and that none of it stays in a text (src/config/secrets.ts, src/log.ts). */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { createRedactor, describeConfig, loadConfig, redactUrl } from '../../src/config/index.ts'
import type { SettingKey } from '../../src/config/settings/index.ts'
import { createLogger } from '../../src/log.ts'
import { runs } from '../kernel/arbitraries.ts'
import { suite } from '../support/suite.ts'

const test = suite('config/secrets', { timeoutMs: 60_000 })
const configWith = (overrides: Partial<Record<SettingKey, string>>) =>
  loadConfig({ file: null, env: {}, overrides })

test('of a web address neither login nor path nor parameters are shown', () => {
  const hook = 'https://hooks.example.com/services/T0000/B0000/AbCdEf0123456789'
  assert.is(redactUrl(hook), 'https://hooks.example.com/***')
  assert.is(redactUrl('https://token@h/x?a=b'), 'https://***@h/***?a=***')
  assert.is(redactUrl('http://alertmanager:9093'), 'http://alertmanager:9093/')
  const config = configWith({
    'anomalies.webhook_url': hook,
    'anomalies.alertmanager_url': 'https://tok-1@am:1',
  })
  const told = `POST ${hook} and services/T0000/B0000/AbCdEf0123456789 by tok-1`
  assert.is(createRedactor(config).text(told), 'POST https://hooks.example.com/*** and *** by ***')
  assert.not.match(JSON.stringify(describeConfig(config)), /AbCdEf|tok-1/)
})

test('a password is hidden as it is written and as it is meant, a blank or a plus in it too', () => {
  const config = configWith({ 'postgres.url': 'postgres://u@h/d?password=one+two%20three' })
  assert.is(createRedactor(config).text('one+two%20three, one+two three'), '***, ***')
})

test('a password that is the user’s own name garbles no text', () => {
  const url = 'postgres://logcollector:logcollector@h/logcollector'
  const config = configWith({ 'postgres.url': url })
  assert.is(createRedactor(config).text('group logcollector'), 'group logcollector')
  assert.not.match(JSON.stringify(describeConfig(config)), 'logcollector:logcollector')
})

test('no line of the log holds a secret, whatever it is made of, and each stays JSON', () => {
  const secret = fc
    .string({ unit: fc.constantFrom(...'aZ09"\\\'/{}:,$&+ \u00e9'), minLength: 4, maxLength: 20 })
    // Settings are trimmed. A part of what a line holds anyway would be found in it.
    .map(text => `#${text}#`)
  fc.assert(
    fc.property(secret, fc.constantFrom('json', 'pretty'), (password, format) => {
      const config = configWith({
        'kafka.sasl.password': password,
        'kafka.sasl.mechanism': 'plain',
        'kafka.sasl.username': 'u',
      })
      const written: string[] = []
      const destination = { write: (line: string) => written.push(line) }
      const log = createLogger({ level: 'info', format }, destination, createRedactor(config))
      log.warn({ reason: `no ${password}!`, deep: { list: [password] }, n: 1 }, `refused ${password}`)
      assert.is(written.length, 1)
      const line = written[0]!
      if (format === 'json') {
        const { level, message, ...facts } = JSON.parse(line)
        assert.equal(
          [level, message, facts.reason, facts.deep, facts.n],
          ['warn', 'refused ***', 'no ***!', { list: ['***'] }, 1],
        )
      }
      for (const form of [password, JSON.stringify(password).slice(1, -1)])
        assert.not.ok(line.includes(form), line)
    }),
    runs(300),
  )
})

test('level, time and event of a line stay, whatever the secret', () => {
  const written: string[] = []
  const config = configWith({ 'parse.redact_key': 'warn' })
  createLogger(
    { level: 'info', format: 'json' },
    { write: line => written.push(line) },
    createRedactor(config),
  ).warn({ event: 'a:warn:b', x: 'warn' }, 'said')
  const { event, level, x } = JSON.parse(written[0]!)
  assert.equal([level, event, x], ['warn', 'a:warn:b', '***'])
})

test.run()
