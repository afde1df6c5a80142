/** What was measured at steps, added up by name (src/parse/step-times.ts). */
import * as assert from 'uvu/assert'
import type { ParserSettings } from '../../src/parse/contract.ts'
import { StepTimes, TIMED_EVERY } from '../../src/parse/step-times.ts'
import { suite } from '../support/suite.ts'

const test = suite('parse/step-times')

const pipelines = [
  { name: 'plain', steps: [] },
  {
    name: 'web',
    steps: [
      { kind: 'rename', options: { a: 'b' } },
      { kind: 'regex', options: { pattern: ['x'.repeat(1000)] } },
      { kind: 'drop', options: {} },
    ],
  },
] as unknown as ParserSettings[]
const none = { runs: 0, ms: 0, maxMs: 0 }

test('the step that takes most of the time comes first, with its name and what is written', () => {
  const times = new StepTimes(pipelines)
  assert.equal(times.read(), [])
  times.add(0, [])
  times.add(1, [{ runs: 1, ms: 0.001, maxMs: 0.001 }, { runs: 1, ms: 3, maxMs: 3 }, none])
  times.add(1, [{ runs: 1, ms: 0.003, maxMs: 0.003 }, { runs: 2, ms: 1, maxMs: 0.9 }, none])
  const [slow, fast, ...rest] = times.read()
  assert.equal(rest, [], 'a step that was not timed has no figures')
  assert.equal(fast, {
    pipeline: 'web',
    step: '1 rename',
    written: '{"rename":{"a":"b"}}',
    timed: 2,
    meanUs: 2,
    maxUs: 3,
    totalMs: Math.round(0.004 * TIMED_EVERY * 10) / 10,
  })
  const { maxUs, meanUs, step, timed, totalMs, written } = slow!
  assert.equal([step, timed, meanUs, maxUs, totalMs], ['2 regex', 3, 1333.3, 3000, 4 * TIMED_EVERY])
  assert.ok(written.startsWith('{"regex":') && written.length < 400)
})

test.run()
