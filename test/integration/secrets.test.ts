/**
 * No secret of the configuration gets out: the real program with a secret of its own in every setting that takes one,
 * in front of servers that quote in their errors what they were given; its output, its pages, and the commands.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type SettingKey, settingKeys, settingOf } from '../../src/config/settings/index.ts'
import { createDataFolder } from '../../stack/paths.ts'
import { Instance, showingLogs } from '../faults/instance.ts'
import { cli } from '../support/cli.ts'
import { suite } from '../support/suite.ts'
import { telltaleKafka, telltalePostgres, telltaleRedis } from '../support/telltale.ts'
import { until } from '../support/wait.ts'

const test = suite('secrets', { timeoutMs: 90_000 })
const CANARY = /canary/i

/** One that nothing else holds, in which characters stand that URLs and JSON write otherwise. */
const canary = (name: string): string => `canary-${name}-"+%/`
const inUrl = (name: string): string => encodeURIComponent(canary(name))
const TOKEN = 'canary-debug-token-0123456789'
const API_KEY = `lc_${'0'.repeat(12)}_${'canary'.repeat(7)}0`

let settings: Partial<Record<SettingKey, string>>
test.before(async () => {
  const [kafka, postgres, redis] = await Promise.all([telltaleKafka(), telltalePostgres(), telltaleRedis()])
  const database = (name: string) => `postgres://u:${inUrl(name)}@127.0.0.1:${postgres}/d`
  settings = {
    'kafka.brokers': `127.0.0.1:${kafka}`,
    'kafka.sasl.mechanism': 'plain',
    'kafka.sasl.username': 'collector',
    'kafka.sasl.password': canary('sasl'),
    'postgres.url': database('postgres'),
    'postgres.migrate_url': database('migrate'),
    'http.api.postgres_url': database('api'),
    'redis.url': `redis://u:${inUrl('redis')}@127.0.0.1:${redis}`,
    'parse.redact_key': canary('redact'),
    'anomalies.webhook_url': `http://127.0.0.1:1/services/${inUrl('webhook')}`,
    'anomalies.alertmanager_url': `http://u:${inUrl('alertmanager')}@127.0.0.1:1/`,
    'http.debug_token': TOKEN,
  }
})

/** Such as LOGCOLLECTOR_POSTGRES_URL_FILE: the way in which nothing is seen by other users of the machine. */
function asFiles(): Record<string, string> {
  const folder = createDataFolder('secrets')
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => {
      const name = `LOGCOLLECTOR_${key.replaceAll('.', '_').toUpperCase()}`
      if (settingOf(key as SettingKey).secret !== true) return [name, value]
      const file = join(folder, key)
      writeFileSync(file, `${value}\n`)
      return [`${name}_FILE`, file]
    }),
  )
}

const assertClean = (text: string, where: string): void => {
  const [found] = /.{0,60}canary.{0,60}/i.exec(text) ?? []
  assert.is(found, undefined, `${where}: ${found}`)
}

/** Instead of those of kafka.sasl above. */
const byToken = {
  'kafka.sasl.mechanism': 'oauthbearer',
  'kafka.sasl.username': '',
  'kafka.sasl.password': '',
  'kafka.sasl.oauth.token_url': 'http://127.0.0.1:1/token',
  'kafka.sasl.oauth.client_id': 'collector',
  'kafka.sasl.oauth.client_secret': canary('client'),
} as const
/** Those that only count together with what cannot be set here: a key file. */
const elsewhere: readonly SettingKey[] = ['kafka.tls.key_password']

test('every setting that is secret takes part', () => {
  const left = settingKeys.filter(
    key => settingOf(key).secret && !(key in settings || key in byToken) && !elsewhere.includes(key),
  )
  assert.equal(left, [])
})

const pages = [
  '/metrics',
  '/readyz',
  '/debug',
  '/debug?format=html',
  '/debug?format=page',
  '/debug/config',
  '/debug/memory',
  '/debug/log-level',
  '/api/v1/services',
  '/api/v1/logs?q=x',
  '/api/v1/openapi.json',
  '/no/such?token=x',
]

test(
  'a running program with servers that give everything away',
  showingLogs(async () => {
    const instance = new Instance(
      {
        'http.debug': 'true',
        'log.level': 'debug',
        'shutdown.deadline': '1s',
      },
      asFiles(),
    )
    const url = await instance.url()
    const headers = { authorization: `Bearer ${TOKEN}` }
    const ask = async (path: string, more: Record<string, string> = headers) =>
      (await fetch(url + path, { headers: more })).text()
    // Each has quoted a secret by then, and it was replaced: else this would show nothing. Kafka is asked after them.
    const quoted = [/the password \\"\*\*\*\\" is wrong/, /WRONGPASS .*\*\*\*/]
    const areTold = () => quoted.every(pattern => pattern.test(instance.text()))
    await until(areTold, { deadlineMs: 30_000, what: 'errors of both servers in the log' })
    for (const path of pages) {
      assertClean(await ask(path), path)
      assertClean(await ask(path, { 'x-api-key': API_KEY }), `${path} with a key`)
    }
    assert.match(await ask('/debug'), 'the password \\"***\\" is wrong')
    await instance.kill('SIGTERM')
    assertClean(instance.text(), 'the log')
  }),
)

const commands = [
  ['config'],
  ['config', '--json'],
  ['check'],
  ['check', '--json'],
  ['migrate'],
  ['verify'],
  ['storage'],
  ['keys', 'list'],
  ['dead-letters', 'list'],
  ['lag'],
] as const

test('commands, where every server gives away what it was given', async () => {
  const given = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const told: string[] = []
  for (const command of commands) {
    const { note, out } = await cli(...command, ...given)
    assertClean(note + out, command.join(' '))
    told.push(note + out)
  }
  const other = Object.entries({ ...settings, ...byToken }).flatMap(([key, value]) => [
    '--set',
    `${key}=${value}`,
  ])
  for (const command of [['config'], ['check', '--json'], ['lag']]) {
    const { note, out } = await cli(...command, ...other)
    assertClean(note + out, `${command.join(' ')} with oauthbearer`)
  }
  const all = told.join('')
  for (const quoted of ['the password "***" is wrong', 'collector *** is wrong', 'WRONGPASS'])
    assert.match(all, quoted)
})

test('a value that is not accepted is not quoted, nor is a line of the file', async () => {
  const file = join(createDataFolder('secrets'), 'logcollector.yaml')
  const broken = [
    'postgres:\n  url: mysql://u:canary@h/d\n',
    'kafka:\n  sasl:\n    oauth:\n      token_url: https://id:canary@idp/t\n',
    'http:\n  debug_token: "canary"\n',
    'postgres:\n  url: "postgres://u:canary@h/d\n',
    'redis:\n  url: [canary, canary]\n',
    'redis: redis://:canary@h\n',
    'postgres:\n  url: postgres://u:canary%@h/d\n',
    'postgres:\n  url: postgres://u:canary@h/d?sslpassword=canary&sslmode=nothing\n',
  ]
  for (const text of broken) {
    writeFileSync(file, text)
    const { code, note, out } = await cli('check', '--config', file, '--set', 'kafka.brokers=127.0.0.1:1')
    assert.is(code, 2, text)
    assert.not.match(note + out, CANARY)
  }
})

test.run()
