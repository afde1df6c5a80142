/** The steps that look things up or infer them: useragent, geoip, severity, and their cache. */
import * as assert from 'uvu/assert'
import { LruCache } from '../../../src/parse/steps/lru.ts'
import { inferSeverity } from '../../../src/parse/steps/severity.ts'
import { suite } from '../../support/suite.ts'
import { makeDatabase } from './mmdb.ts'
import { after, context, stepOf } from './record.ts'

const test = suite('parse/steps/enrich')

function shared(bytes: Buffer): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(bytes.length)
  new Uint8Array(memory).set(bytes)
  return memory
}

const database = makeDatabase({
  '203.0.113.0/24': {
    country: { iso_code: 'SE', names: { en: 'Sweden' } },
    city: { names: { en: 'Linköping' } },
    location: { latitude: 58.4167, longitude: 15.6167, time_zone: 'Europe/Stockholm' },
    subdivisions: [{ names: { en: 'Östergötland County' } }],
  },
  '198.51.100.0/25': { autonomous_system_number: 64500, autonomous_system_organization: 'Example' },
})
const withDatabase = {
  ...context,
  databases: new Map([
    ['test.mmdb', shared(database)],
    ['broken.mmdb', shared(Buffer.from('no database'))],
  ]),
}
const geoip = (ip: unknown, target = 'geo') =>
  after('geoip', { database: 'test.mmdb', field: 'ip', target }, { ip }, withDatabase)

test('geoip: what the database has of an address', () => {
  assert.equal(geoip('203.0.113.7'), {
    ip: '203.0.113.7',
    'geo.country': 'SE',
    'geo.country_name': 'Sweden',
    'geo.region': 'Östergötland County',
    'geo.city': 'Linköping',
    'geo.latitude': 58.4167,
    'geo.longitude': 15.6167,
    'geo.time_zone': 'Europe/Stockholm',
  })
  assert.equal(geoip('198.51.100.9', 'as'), {
    ip: '198.51.100.9',
    'as.asn': 64500,
    'as.organization': 'Example',
  })
})

test('geoip: nothing for what is not in it, and for what is no address', () => {
  for (const ip of [
    '10.0.0.1',
    '2001:db8::1',
    'localhost',
    '',
    '1.2.3',
    ':::',
    '999.1.1.1',
    'f'.repeat(100),
    5,
  ])
    assert.equal(geoip(ip), { ip })
})

test('geoip: a file that is none', () => {
  assert.throws(
    () => stepOf('geoip', { database: 'broken.mmdb' }, withDatabase),
    'is no database of the MaxMind format',
  )
  assert.throws(() => stepOf('geoip', { database: 'other' }, withDatabase), 'other was not read')
})

test('useragent: browser, system and device', () => {
  const header =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1'
  const expected = {
    agent: header,
    'ua.name': 'Mobile Safari',
    'ua.version': '17.1',
    'ua.os.name': 'iOS',
    'ua.os.version': '17.1',
    'ua.device.type': 'mobile',
    'ua.device.vendor': 'Apple',
    'ua.device.model': 'iPhone',
  }
  assert.equal(after('useragent', { field: 'agent' }, { agent: header }), expected)
  assert.equal(after('useragent', { field: 'agent' }, { agent: 'whatever' }), { agent: 'whatever' })
  assert.equal(after('useragent', {}, {}), {})
})

test('useragent: a header of any length takes little time', () => {
  const startedAt = performance.now()
  for (const piece of ['a', ' ', '(', 'Mozilla/5.0 ', ';'])
    after('useragent', { field: 'agent' }, { agent: piece.repeat(100_000) })
  assert.ok(performance.now() - startedAt < 1000)
})

test('severity: by words where they stand as levels do', () => {
  const texts: Readonly<Record<string, number | null>> = {
    '2026-11-23 12:00:00 ERROR could not open': 17,
    '[warn] low on disk': 13,
    'error: no such file': 17,
    'panic: runtime error: index out of range': 21,
    'time=x level=debug msg=y': 5,
    '{"level":"fatal"}': 21,
    'E1123 INFO ok': 9,
    'main.go CRITICAL: x': 18,
    'java.lang.IllegalStateException: no': 17,
    'Traceback (most recent call last):': 17,
    'no errors were found': null,
    'more information on this': null,
    'see /var/log/ERROR-log': null,
    '': null,
    [`${'x'.repeat(300)} ERROR`]: null,
  }
  for (const [text, severity] of Object.entries(texts)) assert.is(inferSeverity(text), severity, text)
})

test('severity: what the record has stays', () => {
  assert.equal(after('severity', {}, { message: 'ERROR x' }), { message: 'ERROR x', severity: 17 })
  const record = { message: 'ERROR x', severity: 'info' }
  assert.equal(after('severity', {}, record), record)
})

test('the cache is bounded and forgets what was asked for the longest ago', () => {
  const made: string[] = []
  const cache = new LruCache<string>(2)
  const ask = (key: string): string =>
    cache.get(key, wanted => {
      made.push(wanted)
      return wanted.toUpperCase()
    })
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) assert.is(ask(key), key.toUpperCase())
  assert.equal(made, ['a', 'b', 'c', 'b'])
  assert.is(cache.size, 2)
})

test.run()
