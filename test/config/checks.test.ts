/** Rules between settings: memory's arithmetic, time-outs, limits (src/config/checks.ts and memory.ts). */
import * as assert from 'uvu/assert'
import {
  apiWantsKeys,
  type ConfigSources,
  describeProblem,
  loadConfig,
  problemsOf,
} from '../../src/config/index.ts'
import { arenaForRecords } from '../../src/config/memory.ts'
import { JUMBO_FACTOR, scratchBytes } from '../../src/kernel/slot.ts'
import { suite } from '../support/suite.ts'

const test = suite('config/checks')
const MIB = 2 ** 20

const load = (overrides: NonNullable<ConfigSources['overrides']>) =>
  loadConfig({ file: null, env: {}, overrides: { workers: '2', ...overrides } })

function faultsOf(overrides: NonNullable<ConfigSources['overrides']>): string {
  try {
    load(overrides)
  } catch (error) {
    return problemsOf(error).map(describeProblem).join('\n')
  }
  return ''
}

test('256 MiB with two workers and nothing set', () => {
  assert.equal(load({}).memory, { budgetBytes: 256 * MIB, arenaBytes: 64 * MIB })
})

test('the arena follows from the budget', () => {
  assert.is(load({ 'memory.budget': '512MiB' }).memory.arenaBytes, 320 * MIB)
})

test('an odd budget gives an arena of whole pages', () => {
  assert.is(load({ 'memory.budget': '300000000' }).memory.arenaBytes % 65_536, 0)
})

test('the budget follows from the arena and the workers', () => {
  assert.is(load({ 'memory.arena': '64MiB', workers: '3' }).memory.budgetBytes, (90 + 32 + 105 + 64) * MIB)
})

test('224 MiB is the least budget with two workers and the API, 192 MiB without it', () => {
  assert.is(load({ 'memory.budget': '192MiB', roles: 'consume,maintain' }).memory.arenaBytes, 32 * MIB)
  assert.is(load({ 'memory.budget': '224MiB' }).memory.arenaBytes, 32 * MIB)
  assert.match(
    faultsOf({ 'memory.budget': '223MiB' }),
    /^--set: memory.budget: leaves less than 32MiB for the arena; with 2 workers the least budget is 224MiB$/,
  )
})

test('budget and arena that are both set must agree', () => {
  assert.is(faultsOf({ 'memory.budget': '256MiB', 'memory.arena': '64MiB' }), '')
  assert.match(
    faultsOf({ 'memory.budget': '256MiB', 'memory.arena': '65MiB' }),
    /needs a memory.budget of 257MiB/,
  )
})

test('an arena under 32 MiB is refused', () => {
  assert.match(faultsOf({ 'memory.arena': '31MiB' }), /31MiB is too small; write 32MiB to 3GiB/)
})

test('a topic between slashes is a regular expression, which must be one', () => {
  assert.equal(load({ 'kafka.topics': 'audit,/^app-[ab]/' }).kafka.topics, ['audit', '/^app-[ab]/'])
  assert.match(faultsOf({ 'kafka.topics': '/app-(/' }), /kafka.topics: \/app-\(\/ is no regular expression/)
})

test('large records and large fetches need a large arena', () => {
  assert.match(
    faultsOf({ 'limits.max_record_bytes': '8MiB' }),
    /records of 8MiB with 2 workers need a memory.arena of at least 164MiB/,
  )
  assert.is(faultsOf({ 'limits.max_record_bytes': '8MiB', 'memory.arena': '164MiB' }), '')
  assert.match(
    faultsOf({ 'kafka.partition_fetch_bytes': '16MiB' }),
    /needs a memory.arena of at least 128MiB/,
  )
})

test('what the kernel sets aside for records of the greatest size takes at most half of the arena', () => {
  for (const maxRecordBytes of [2 ** 10, 2 ** 20, 2 ** 26])
    for (const workers of [1, 4, 64]) {
      const setAside = JUMBO_FACTOR * maxRecordBytes + workers * scratchBytes({ maxRecordBytes })
      assert.ok(2 * setAside <= arenaForRecords(maxRecordBytes, workers), `${maxRecordBytes}, ${workers}`)
    }
})

test('the API wants keys wherever others can reach it, and says so', () => {
  const wants = (overrides: NonNullable<ConfigSources['overrides']>) => apiWantsKeys(load(overrides))
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost'])
    assert.is(wants({ 'http.host': host }), false, host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'logs.example.com'])
    assert.is(wants({ 'http.host': host }), true, host)
  assert.is(wants({ 'http.api.auth': 'keys' }), true)
  assert.match(
    faultsOf({ 'http.host': '0.0.0.0', 'http.api.auth': 'none' }),
    /http.api.auth: is none, but http.host 0.0.0.0 can be reached from elsewhere/,
  )
})

test('a batch may not be limited below a record', () => {
  assert.match(
    faultsOf({ 'limits.max_batch_bytes': '1MiB', 'limits.max_record_bytes': '2MiB' }),
    /limits.max_batch_bytes: is less than limits.max_record_bytes \(2MiB\)/,
  )
})

test('heartbeats come more often than a third of the session, exactly a third is too seldom', () => {
  assert.match(
    faultsOf({ 'kafka.heartbeat_interval': '10s' }),
    /less than a third of kafka.session_timeout \(30s\)/,
  )
  assert.is(faultsOf({ 'kafka.heartbeat_interval': '9999ms' }), '')
})

test('a rule is reported at the setting that somebody set', () => {
  assert.match(
    faultsOf({ 'kafka.session_timeout': '8s', 'shutdown.deadline': '5s' }),
    /^--set: kafka.session_timeout: kafka.heartbeat_interval: must be less/,
  )
})

test('shutdown ends before the session, fetches before requests', () => {
  assert.match(faultsOf({ 'shutdown.deadline': '30s' }), /less than kafka.session_timeout \(30s\)/)
  assert.match(
    faultsOf({ 'kafka.fetch_wait': '5s', 'kafka.request_timeout': '5s' }),
    /less than kafka.request_timeout/,
  )
})

test('rules are silent about values that are wrong by themselves', () => {
  assert.is(
    faultsOf({ 'kafka.heartbeat_interval': 'often', 'shutdown.deadline': '5s' }).split('\n').length,
    1,
  )
})

test.run()
