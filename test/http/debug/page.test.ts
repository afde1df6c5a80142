/** The page of /debug as the server sends it (src/http/debug/page/): what it says, how it is asked for, and its policy. */
import { createHash } from 'node:crypto'
import * as assert from 'uvu/assert'
import { durationText, pageModel, type Section } from '../../../src/http/debug/page/model.ts'
import { buildServer } from '../../../src/http/server.ts'
import { debugDeps, debugState } from '../../support/debug-deps.ts'
import { EVIL, troubledState } from '../../support/debug-page-state.ts'
import { suite } from '../../support/suite.ts'

const test = suite('http/debug/page')

const serverWith = (token = '') =>
  buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    debug: debugDeps({ token, state: () => troubledState() }),
    metrics: { contentType: 'text/plain', render: async () => '' },
  })
const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

const sectionOf = (sections: readonly Section[], id: string): readonly (readonly string[])[] =>
  sections.find(one => one.id === id)!.rows.map(({ cells }) => cells.map(({ text }) => text))

test('a browser gets the page, everybody else JSON, and ?format says it outright', async () => {
  const server = serverWith()
  for (const [url, headers, type] of [
    ['/debug', browser, 'text/html; charset=utf-8'],
    ['/debug', {}, 'application/json; charset=utf-8'],
    ['/debug', { accept: '*/*' }, 'application/json; charset=utf-8'],
    ['/debug?format=json', browser, 'application/json; charset=utf-8'],
    ['/debug?format=html', {}, 'text/html; charset=utf-8'],
  ] as const) {
    const answer = await server.inject({ url, headers })
    assert.equal([answer.statusCode, answer.headers['content-type']], [200, type], url)
    assert.is(answer.headers.vary, 'accept')
  }
  for (const query of ['format=xml', 'format=html&format=json', 'format='])
    assert.is((await server.inject(`/debug?${query}`)).statusCode, 400, query)
})

test('no text of the state is markup', async () => {
  const { body } = await serverWith().inject({ url: '/debug', headers: browser })
  assert.is(body.split('<script>').length, 2, 'its own script and no other')
  assert.not.match(body, '<img')
  assert.ok(body.split('&lt;img src=x onerror=&quot;').length > 10, 'the texts are there')
})

test('its policy lets in its own script and style and nothing else', async () => {
  const { body, headers } = await serverWith().inject({ url: '/debug', headers: browser })
  const policy = String(headers['content-security-policy'])
  for (const tag of ['script', 'style']) {
    const [, text] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(body)!
    assert.match(policy, `${tag}-src 'sha256-${createHash('sha256').update(text!).digest('base64')}'`)
  }
  assert.match(policy, "default-src 'none'")
  assert.not.match(policy, 'unsafe')
  assert.not.match(body, /(src|href)="(?!#|data:,)/)
})

test('where a token is asked for, the page asks for it and holds nothing', async () => {
  const server = serverWith('secret-of-24-characters!')
  const answer = await server.inject({ url: '/debug', headers: browser })
  assert.equal([answer.statusCode, answer.headers['content-type']], [401, 'text/html; charset=utf-8'])
  assert.match(String(answer.headers['www-authenticate']), 'Bearer')
  assert.match(answer.body, '<form id="login">')
  assert.not.match(answer.body, 'onerror')
  const json = await server.inject({ url: '/debug?format=page', headers: { accept: 'application/json' } })
  assert.equal([json.statusCode, json.json().error.code], [401, 'HTTP_UNAUTHORIZED'])
  const far = await serverWith().inject({ url: '/debug', headers: browser, remoteAddress: '10.1.2.3' })
  assert.equal([far.statusCode, far.json().error.code], [403, 'HTTP_FORBIDDEN'])
})

test('what is urgent comes first, with figures that can be read', () => {
  const { sections, title, tone } = pageModel(troubledState())
  assert.equal([title, tone], ['LogCollector is not ready', 'bad'])
  assert.equal(sectionOf(sections, 'reasons'), [[EVIL]])
  const partitions = sectionOf(sections, 'partitions')
  assert.equal(
    partitions.map(([, number, mode]) => [number, mode]),
    [
      ['2', 'halted'],
      ['1', 'consuming'],
      ['0', 'consuming'],
    ],
  )
  const space = '\u2009'
  assert.equal(partitions[2]!.slice(6, 10), [
    `1${space}234${space}560`,
    `1${space}234${space}567`,
    '7',
    '2.0 KiB',
  ])
  assert.equal(sectionOf(sections, 'steps')[0]!.slice(0, 6), [
    'web',
    '1 regex',
    '75 %',
    '1.5 ms',
    '9.0 ms',
    '9',
  ])
  assert.equal(sectionOf(sections, 'parts').slice(0, 2), [
    ['writer 0', EVIL, '2', 'permanent', EVIL],
    ['fetcher 1', 'is being restarted', '0', 'permanent', 'throttled 250 ms'],
  ])
  assert.equal(sectionOf(sections, 'memory')[0], [EVIL, '96 B', '100 B'])
})

test('the latest trouble comes first, and its code leads to what it means', () => {
  const { sections } = pageModel(troubledState())
  const [latest] = sections.find(({ id }) => id === 'troubles')!.rows
  const texts = latest!.cells.map(({ text }) => text)
  assert.equal(texts.slice(0, 5), ['11:59:58', '17', '11:59:58', 'store:task:failed', 'POSTGRES_UNAVAILABLE'])
  assert.match(texts[5]!, 'reason=')
  const [code] = sections.find(({ id }) => id === 'codes')!.rows
  assert.is(latest!.cells[4]!.href, `#${code!.id}`)
  assert.match(code!.cells[2]!.text, 'postgres.url')
})

test('a process that has nothing yet has a page too', () => {
  const { sections } = pageModel(debugState())
  assert.ok(sections.every(({ rows, empty }) => rows.length > 0 || empty !== ''))
})

test('durations have two units', () => {
  assert.equal([0, 61_000, 3_600_000, 90_061_000].map(durationText), ['0 s', '1 min 1 s', '1 h', '1 d 1 h'])
})

test.run()
