/** Text to value and back, for every setting (src/config/values.ts). */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { envName, type NumberSetting, settingKeys, settingOf } from '../../src/config/settings/index.ts'
import { boundsOf, parseValue, readDuration, writeValue } from '../../src/config/values.ts'
import { suite } from '../support/suite.ts'

const test = suite('config/values')
const size: NumberSetting = { type: 'bytes', default: '1B', min: '0', max: '1GiB', help: '' }

test('every default is accepted by its own setting and within its bounds', () => {
  for (const key of settingKeys) {
    const setting = settingOf(key)
    if ('default' in setting)
      assert.ok('value' in parseValue(setting, setting.default), `${key}: ${setting.default}`)
    if ('min' in setting) assert.ok(boundsOf(setting).min <= boundsOf(setting).max, `${key}: bounds`)
  }
})

test('no two settings share a variable', () => {
  assert.is(new Set(settingKeys.map(envName)).size, settingKeys.length)
})

test('sizes and durations', () => {
  const cases = {
    '65536': 65_536,
    '64KiB': 65_536,
    '1.5MiB': 1_572_864,
    '1MB': 1e6,
    '1kB': 1000,
    '2 mib': 2 ** 21,
  }
  for (const [text, value] of Object.entries(cases)) assert.equal(parseValue(size, text), { value }, text)
  for (const text of ['', '-1', '1.5', '1XB', '1e3', 'KiB', '1 M i B'])
    assert.ok('problem' in parseValue(size, text), text)
  const durations = { '500ms': 500, '30s': 30_000, '1.5m': 90_000, '2h': 7_200_000, '1d': 86_400_000 }
  for (const [text, value] of Object.entries(durations)) assert.is(readDuration(text), value, text)
  for (const text of ['30', '1w', 's', '-1s']) assert.is(readDuration(text), null, text)
})

test('numbers survive writing and reading', () => {
  const roundTrip = (setting: NumberSetting) =>
    fc.property(fc.integer({ ...boundsOf(setting) }), value => {
      assert.equal(parseValue(setting, writeValue(setting.type, value)), { value })
    })
  for (const key of settingKeys) {
    const setting = settingOf(key)
    if ('min' in setting) fc.assert(roundTrip(setting), { numRuns: 50 })
  }
})

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.constantFrom(...settingKeys), fc.string({ unit: 'binary' }), (key, text) => {
      parseValue(settingOf(key), text)
    }),
  )
})

test('items of a list are kept once, blank ones dropped', () => {
  assert.equal(parseValue(settingOf('kafka.topics'), ' a, b,,a'), { value: ['a', 'b'] })
})

test.run()
