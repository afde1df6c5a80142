/** Events that repeat themselves, as lines (src/event-log.ts), with a clock of the test's own. */
import * as assert from 'uvu/assert'
import { PipelineError } from '../src/errors.ts'
import { createEventLog, endings, recoveryName } from '../src/event-log.ts'
import { createLogger, type LogLevel, lines } from '../src/log.ts'
import { suite } from './support/suite.ts'

const test = suite('event-log')

const error = new PipelineError('POSTGRES_UNAVAILABLE', { reason: 'refused' })
const failed = { writer: 1, error, sqlstate: '', stage: 'connect' } as const
const committed = {
  writer: 1,
  batches: 1,
  rows: 1,
  bytes: 1,
  deadLetters: 0,
  copyMs: 1,
  commitMs: 1,
  oldestAgeMs: 1,
  newestAgeMs: 1,
}

function stage(level: LogLevel = 'info') {
  const written: string[] = []
  const wakes: { at: number; run: () => void }[] = []
  let now = 0
  const log = createLogger({ level, format: 'json' }, { write: line => written.push(line) })
  const eventLog = createEventLog(log, {
    nowMs: () => now,
    after: (ms, run) => {
      const wake = { at: now + ms, run }
      wakes.push(wake)
      return () => wakes.splice(wakes.indexOf(wake), 1)
    },
  })
  return {
    ...eventLog,
    pass(ms: number): void {
      now += ms
      for (const wake of wakes.splice(0))
        if (wake.at <= now) wake.run()
        else wakes.push(wake)
    },
    /** Event, count and end of each line. */
    told: () =>
      written.map(line => {
        const { event, times, failures, level } = JSON.parse(line) as Record<string, unknown>
        return [level, event, times ?? failures].filter(part => part !== undefined)
      }),
    last: () => JSON.parse(written.at(-1)!) as Record<string, unknown>,
  }
}

test('a failure that is tried again: a line, a count by the clock, and one when it works', () => {
  const { listen, pass, told, last } = stage()
  for (let attempt = 0; attempt < 5; attempt++) listen('sink:transaction:failed', failed)
  pass(999)
  assert.is(told().length, 1)
  pass(1)
  listen('sink:transaction:committed', { ...committed, writer: 0 })
  listen('sink:transaction:committed', committed)
  listen('sink:transaction:committed', committed)
  assert.equal(told(), [
    ['warn', 'sink:transaction:failed'],
    ['warn', 'sink:transaction:failed', 4],
    ['info', 'sink:transaction:recovered', 5],
  ])
  assert.equal([last().awayMs, last().message], [1000, 'transactions are committed again'])
})

test('bad records by the thousand are lines by the pause, with the latest of them', () => {
  const { listen, pass, told, last } = stage()
  for (let offset = 0; offset < 10_000; offset++) {
    listen('sink:row:refused', {
      topic: 't',
      partition: 0,
      offset,
      sqlstate: '22P02',
      reason: `row ${offset}`,
    })
    pass(10)
  }
  const times = told().map(([, , count]) => Number(count ?? 1))
  assert.ok(times.length <= 4, `${times.length} lines`)
  pass(60_000)
  assert.is(
    told().reduce((sum, [, , count]) => sum + Number(count ?? 1), 0),
    10_000,
  )
  assert.equal([last().reason, last().offset], ['row 9999', 9999])
})

test('every warning and error is counted, without being asked to', () => {
  for (const [name, { level }] of Object.entries(lines)) {
    const isBad = typeof level === 'string' ? level === 'warn' || level === 'error' : true
    if (!isBad) continue
    const { listen, told } = stage()
    const event = { ...failed, ok: false, clean: false, restart: true, isProblem: true, text: 'x' }
    for (let n = 0; n < 100; n++) listen(name as 'sink:transaction:failed', event)
    assert.is(told().length, 1, name)
  }
})

test('at debug each of them is a line', () => {
  const { listen, told } = stage('debug')
  for (let attempt = 0; attempt < 3; attempt++) listen('sink:transaction:failed', failed)
  assert.equal(
    told().map(([level]) => level),
    ['warn', 'debug', 'debug'],
  )
})

test('the end of the process says what was counted', () => {
  const { listen, close, pass, told } = stage()
  for (let attempt = 0; attempt < 3; attempt++) listen('sink:transaction:failed', failed)
  close()
  assert.equal(told().at(-1), ['warn', 'sink:transaction:failed', 2])
  listen('sink:transaction:failed', failed)
  pass(1e6)
  assert.is(told().length, 2)
})

test('what ends a failure has its subject', () => {
  for (const [name, { of, subject }] of Object.entries(endings)) {
    assert.match(recoveryName(of), /^[a-z]+:[a-z]+:recovered$/)
    assert.is(lines[of].subject === undefined, subject === undefined, name)
  }
})

test.run()
