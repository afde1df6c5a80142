/** The step redact: src/parse/steps/redact/. */
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { findCards, isCardNumber } from '../../../src/parse/steps/redact/card.ts'
import { isIpv6 } from '../../../src/parse/steps/redact/ip.ts'
import { redactText } from '../../../src/parse/steps/redact/redact.ts'
import type { OptionsOf } from '../../../src/parse/steps/schema.ts'
import { suite } from '../../support/suite.ts'
import { after, context, stepOf } from './record.ts'

const test = suite('parse/steps/redact')
type Kind = OptionsOf<'redact'>['kinds'][number]
const masked = (text: string, ...kinds: Kind[]): string => redactText(text, kinds, kind => `[${kind}]`)
const secret = 'S3cr3tValue'

test('e-mail addresses', () => {
  const texts: Readonly<Record<string, string>> = {
    'mail to ann.b+c@mail.example.com, please': 'mail to [email], please',
    'to=<jörg@exämple.de>': 'to=<[email]>',
    'user=a@b.co&x=1': 'user=[email]&x=1',
    'a@b.co c@d.org': '[email] [email]',
    'no @ here, nor a@b': 'no @ here, nor a@b',
  }
  for (const [text, clean] of Object.entries(texts)) assert.is(masked(text, 'email'), clean)
})

test('numbers of cards, and only those', () => {
  const texts: Readonly<Record<string, string>> = {
    'paid with 4111111111111111.': 'paid with [card].',
    'paid with 4111 1111 1111 1111 2026-11-23': 'paid with [card] 2026-11-23',
    '12 3782-822463-10005 x': '12 [card] x',
    'wrong digit 4111111111111112': 'wrong digit 4111111111111112',
    'time 1700000000000, id 12345678901234567890': 'time 1700000000000, id 12345678901234567890',
  }
  for (const [text, clean] of Object.entries(texts)) assert.is(masked(text, 'card'), clean)
})

test('tokens', () => {
  const texts: Readonly<Record<string, string>> = {
    [`Authorization: Bearer ${secret}==`]: 'Authorization: Bearer [token]',
    [`password=${secret}&user=x`]: 'password=[token]&user=x',
    [`{"api_key": "${secret}"}`]: '{"api_key": "[token]"}',
    [`token: ${secret}`]: 'token: [token]',
    'key AKIAIOSFODNN7EXAMPLE used': 'key [token] used',
    'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-1 x': 'jwt [token] x',
    [`ghp_${'a1'.repeat(18)}`]: '[token]',
    'the token was fine': 'the token was fine',
  }
  for (const [text, clean] of Object.entries(texts)) assert.is(masked(text, 'token'), clean)
})

test('addresses', () => {
  const texts: Readonly<Record<string, string>> = {
    'from 203.0.113.7:443 to 10.0.0.1.': 'from [ip]:443 to [ip].',
    'on [2001:db8::7]:80 and ::1': 'on [[ip]]:80 and [ip]',
    'version 1.2.3.4.5, 300.1.1.1, at 12:34:56, std::string':
      'version 1.2.3.4.5, 300.1.1.1, at 12:34:56, std::string',
    '::ffff:192.0.2.1 up': '[ip] up',
    'client:10.0.0.1:bad peer:::1 at 13:55:10.0.0.2, 10.0.0.3/24':
      'client:[ip]:bad peer:[ip] at 13:55:[ip], [ip]/24',
    'ip=1:2:3:4:5:6:7:8.': 'ip=[ip].',
  }
  for (const [text, clean] of Object.entries(texts)) assert.is(masked(text, 'ip'), clean)
})

/** A valid number of an issuer, with blanks or hyphens between digits where `gaps` says so. */
const cards = fc
  .record({
    prefix: fc.constantFrom('4', '51', '2221', '34', '37', '6011', '3528', '62', '36', '2200'),
    digits: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 19, maxLength: 19 }),
    gaps: fc.array(fc.constantFrom('', '', '', ' ', '-'), { minLength: 19, maxLength: 19 }),
  })
  .map(({ prefix, digits, gaps }) => {
    const length = prefix === '36' ? 14 : prefix.startsWith('3') && prefix !== '3528' ? 15 : 16
    const body = (prefix + digits.join('')).slice(0, length - 1)
    const check = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find(digit => isCardNumber(`${body}${digit}`))!
    return [...`${body}${check}`].map((digit, i) => (i ? gaps[i]! : '') + digit).join('')
  })
const words = fc.string({ unit: fc.constantFrom('a', ' ', ':', '"', 'é', '@', '.', '/', '=') })

test('no valid number of a card is left, however it is grouped and whatever stands around it', () => {
  fc.assert(
    fc.property(words, cards, words, (before, card, behind) => {
      const clean = masked(`${before}x${card}y${behind}`, 'card')
      assert.is(clean, `${before}x[card]y${behind}`)
      assert.equal(findCards(clean), [])
    }),
    { numRuns: 1000 },
  )
})

test('nothing is found in what was redacted', () => {
  const parts = fc.array(fc.oneof(cards, words, fc.ipV4(), fc.ipV6(), fc.emailAddress()), { maxLength: 6 })
  fc.assert(
    fc.property(parts, all => {
      const kinds: readonly Kind[] = ['email', 'card', 'token', 'ip']
      const once = masked(all.join(' '), ...kinds)
      assert.is(masked(once, ...kinds), once)
    }),
    { numRuns: 500 },
  )
})

test('addresses that stand alone are all found', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6().filter(ip => isIpv6(ip) && ip !== '::'),
      ),
      ip => {
        assert.is(masked(`a ${ip} b`, 'ip'), 'a [ip] b')
      },
    ),
  )
})

test('the step: message and attributes, columns only by name', () => {
  const record = { message: 'a@b.co', host: '10.0.0.1', ip: '10.0.0.2', n: 5, card: 4111111111111111 }
  assert.equal(after('redact', {}, record), { ...record, message: '[email]', ip: '[ip]', card: '[card]' })
  assert.equal(after('redact', { in: ['host'] }, record), { ...record, host: '[ip]' })
})

test('inside of objects, behind escapes and in names', () => {
  const record = {
    user: { mail: 'a@b.co', n: 1, list: ['10.0.0.1'] },
    text: '{"m":"a\\u0040b.co"}',
    odd: '{a@b.co}',
  }
  assert.equal(after('redact', {}, record), {
    user: '{"mail":"[email]","n":1,"list":["[ip]"]}',
    text: '{"m":"[email]"}',
    odd: '{[email]}',
  })
  assert.equal(after('redact', {}, { a: { password: secret } }), { a: '{"password":"[token]"}' })
})

test('mode hash: keyed, equal for what is equal; mode remove', () => {
  const hash = createHmac('sha256', 'k').update('4111111111111111').digest('hex').slice(0, 16)
  const record = { message: '4111 1111 1111 1111 4111-1111-1111-1111' }
  const found = after('redact', { mode: 'hash', kinds: ['card'] }, record)
  assert.equal(found, { message: `[card:${hash}] [card:${hash}]` })
  assert.equal(after('redact', { mode: 'remove' }, { message: 'to a@b.co.' }), { message: 'to .' })
  const keyless = { ...context, redactKey: '' }
  assert.throws(() => stepOf('redact', { mode: 'hash' }, keyless), 'set parse.redact_key')
})

test('long texts take time in proportion to their length', () => {
  const kinds: readonly Kind[] = ['email', 'card', 'token', 'ip']
  const pieces = [
    'a',
    '@',
    'a@',
    '1',
    '1 ',
    '4-',
    ':',
    'a:',
    '1.',
    'eyJ',
    'eyJa.',
    'token',
    'token=',
    'bearer ',
    '"',
    '{',
  ]
  for (const piece of pieces) {
    const timeOf = (chars: number): number => {
      const text = piece.repeat(chars / piece.length)
      const startedAt = performance.now()
      redactText(text, kinds, kind => `[${kind}]`)
      return performance.now() - startedAt
    }
    timeOf(1 << 12)
    const ms = Math.min(timeOf(1 << 15), timeOf(1 << 15), timeOf(1 << 15))
    assert.ok(ms < 250, `${JSON.stringify(piece)} took ${ms} ms`)
  }
})

test.run()
