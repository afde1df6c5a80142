/** Lines of src/log.ts: levels, formats, errors. */
import * as assert from 'uvu/assert'
import { PipelineError } from '../src/errors.ts'
import { createEventLog } from '../src/event-log.ts'
import { createLogger, type LogLevel } from '../src/log.ts'
import { suite } from './support/suite.ts'

const test = suite('log')

/** A logger and what it wrote. */
function captured(level: LogLevel, format: 'auto' | 'json' | 'pretty' = 'json', isTTY = false) {
  const written: string[] = []
  const log = createLogger({ level, format }, { write: (line: string) => written.push(line), isTTY })
  return { log, written, parsed: () => written.map(line => JSON.parse(line) as Record<string, unknown>) }
}

const moved = { topic: 't', partition: 1, fetched: 9, committed: 8, highWatermark: 10 }

test('an event is one JSON line with its facts', () => {
  const { log, parsed } = captured('info')
  createEventLog(log).listen('store:segment:created', { segment: 'logs_20260131' })
  const [{ time, ...line } = {}] = parsed()
  assert.equal(line, {
    level: 'info',
    event: 'store:segment:created',
    segment: 'logs_20260131',
    message: 'made a segment',
  })
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000)
})

test('what comes once a batch is written at debug only', () => {
  const quiet = captured('info')
  createEventLog(quiet.log).listen('source:position:moved', moved)
  assert.is(quiet.written.length, 0)
  const loud = captured('debug')
  createEventLog(loud.log).listen('source:position:moved', moved)
  assert.is(loud.parsed()[0]?.highWatermark, 10)
})

test('a changed level counts from the next event on', () => {
  const { log, written } = captured('info')
  const listen = createEventLog(log).listen
  for (const level of ['debug', 'info', 'debug'] as const) {
    log.level = level
    listen('source:position:moved', moved)
  }
  assert.is(written.length, 2)
})

test('an error gives its code, context and cause; the stack only at debug', () => {
  const error = new PipelineError('KAFKA_REQUEST_FAILED', { api: 'Fetch' }, new Error('reset'))
  const quiet = captured('info')
  createEventLog(quiet.log).listen('source:fetch:failed', { broker: 1, error })
  const [line] = quiet.parsed()
  assert.equal(
    [line?.level, line?.code, line?.api, line?.cause, line?.broker],
    ['warn', 'KAFKA_REQUEST_FAILED', 'Fetch', 'reset', 1],
  )
  assert.is(line?.stack, undefined)
  const loud = captured('debug')
  createEventLog(loud.log).listen('source:fetch:failed', { broker: 1, error })
  assert.match(String(loud.parsed()[0]?.stack), 'log.test')
})

test('a failure that is tried again for ever is written once, with its remedy; another one is news', () => {
  const { log, parsed } = captured('info')
  const write = createEventLog(log).listen
  const error = new PipelineError('KAFKA_AUTHENTICATION_FAILED', { reason: 'no' })
  for (let attempt = 0; attempt < 5; attempt++) write('source:fetch:failed', { broker: -1, error })
  write('source:fetch:failed', { broker: -1, error: new PipelineError('KAFKA_REQUEST_FAILED') })
  assert.equal(
    parsed().map(({ code }) => code),
    ['KAFKA_AUTHENTICATION_FAILED', 'KAFKA_REQUEST_FAILED'],
  )
  assert.match(String(parsed()[0]?.remedy), 'kafka.sasl.password')
})

test('an error does not say its context twice', () => {
  const { log, parsed } = captured('info')
  const error = new PipelineError('POSTGRES_UNAVAILABLE', { reason: 'refused' }, new Error('refused'))
  createEventLog(log).listen('store:task:failed', { task: 'migrate', error })
  const [line] = parsed()
  assert.is(line?.error, 'Postgres does not answer or closed the connection')
  assert.equal([line?.reason, line?.cause, line?.task], ['refused', undefined, 'migrate'])
})

test('times are rounded to the microsecond', () => {
  const { log, parsed } = captured('info')
  createEventLog(log).listen('supervisor:stop:completed', { durationMs: 1.2634160000015981, clean: true })
  assert.is(parsed()[0]?.durationMs, 1.263)
})

test('a crash that does not heal by itself is an error', () => {
  const { log, parsed } = captured('info')
  createEventLog(log).listen('source:group:crashed', { error: new Error('x'), restart: true })
  createEventLog(log).listen('source:group:crashed', { error: new Error('x'), restart: false })
  assert.equal(
    parsed().map(({ level }) => level),
    ['warn', 'error'],
  )
})

test('auto is JSON in a pipe and plain text on a terminal', () => {
  const pipe = captured('info', 'auto', false)
  pipe.log.info({ a: 1 }, 'said')
  assert.is(pipe.parsed()[0]?.a, 1)
  const terminal = captured('info', 'auto', true)
  terminal.log.info({ a: 1, b: 'two words' }, 'said')
  assert.match(terminal.written[0]!, /INFO/)
  assert.match(terminal.written[0]!, /said/)
  assert.match(terminal.written[0]!, /"two words"/)
})

test('pretty in a pipe has no colours', () => {
  const { log, written } = captured('info', 'pretty')
  log.warn({ code: 'X' }, 'said')
  assert.match(written[0]!, /^\d\d:\d\d:\d\d\.\d{3} WARN {2}said code=X\n$/)
})

test.run()
