/** Errors at the terminal and their exit codes (src/cli/report-error.ts, exit-codes.ts). */
import * as assert from 'uvu/assert'
import { exitCodeOf } from '../../src/cli/exit-codes.ts'
import { describeError } from '../../src/cli/report-error.ts'
import { loadConfig } from '../../src/config/index.ts'
import { PipelineError } from '../../src/errors.ts'
import { suite } from '../support/suite.ts'

const test = suite('cli/report-error')

function configError(): unknown {
  try {
    return loadConfig({ file: null, env: { LOGCOLLECTOR_HTTP_PORT: 'x', LOGCOLLECTOR_WORKERS: '0' } })
  } catch (error) {
    return error
  }
}

test('problems of a configuration stand one a line', () => {
  const lines = describeError(configError(), false).split('\n')
  assert.is(lines[0], 'error The configuration is not valid (2 problems):')
  assert.match(lines[1]!, /^ {2}LOGCOLLECTOR_WORKERS: workers: 0 is too small/)
  assert.match(lines[2]!, /^ {2}LOGCOLLECTOR_HTTP_PORT: http.port: "x" is not accepted/)
  assert.match(lines[3]!, /^ {2}remedy: .*\(CONFIG_INVALID\)$/)
})

test('causes follow, a refused connection to two addresses as one line', () => {
  const cause = new AggregateError([new Error('ECONNREFUSED ::1'), new Error('ECONNREFUSED 127.0.0.1')])
  const text = describeError(new PipelineError('POSTGRES_UNAVAILABLE', {}, cause), false)
  assert.match(text, 'because: ECONNREFUSED ::1, ECONNREFUSED 127.0.0.1')
})

test('the stack is shown only when asked for', () => {
  assert.not.match(describeError(new Error('broken'), false), /report-error\.test/)
  assert.match(describeError(new Error('broken'), true), /report-error\.test/)
})

test('whatever is thrown has a text', () => {
  assert.is(describeError('just words', false), 'error just words\n')
  assert.is(describeError(new Error(''), false), 'error failed without a message\n')
})

test('exit codes follow the kind of error', () => {
  assert.is(exitCodeOf(configError()), 2)
  assert.is(exitCodeOf(new PipelineError('VERIFY_FAILED')), 3)
  assert.is(exitCodeOf(new PipelineError('POSTGRES_UNAVAILABLE')), 4)
  assert.is(exitCodeOf(new PipelineError('POSTGRES_NOT_READY')), 4)
  assert.is(exitCodeOf(new PipelineError('SCHEMA_AHEAD')), 1)
  assert.is(exitCodeOf(new Error('x')), 1)
})

test.run()
