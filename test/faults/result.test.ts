/** What a scenario's cases come to, and how a run is shown: result.ts, table.ts. */
import * as assert from 'uvu/assert'
import { suite } from '../support/suite.ts'
import { type CaseResult, summed } from './result.ts'
import { resultsTable } from './table.ts'

const test = suite('faults/result')
const facts = { scenario: 'one', rows: [1], seed: 7, durationMs: 1, problem: '' }
const passed: CaseResult = {
  title: 'a case',
  seed: 7,
  records: 10,
  faults: 2,
  lost: 0,
  duplicated: 0,
  phantom: 0,
  reordered: 0,
  gaps: 0,
  recoveryMs: 40,
  verdict: 'passed',
  why: '',
}
const skipped: CaseResult = { ...passed, lost: null, recoveryMs: null, verdict: 'skipped', why: 'no root' }

test('passes when a case passed and none failed; what was not judged is not counted as nothing', () => {
  const result = summed(facts, [passed, { ...passed, records: 5, lost: 3, recoveryMs: 90 }, skipped])
  assert.equal([result.verdict, result.records, result.lost, result.recoveryMs], ['passed', 25, 3, 90])
  assert.equal([summed(facts, [skipped]).verdict, summed(facts, [skipped]).lost], ['skipped', null])
})

test('fails with a case, without any, and when its process had a problem', () => {
  assert.is(summed(facts, [passed, { ...passed, verdict: 'failed', why: 'it was lost' }]).verdict, 'failed')
  assert.is(summed(facts, []).verdict, 'failed')
  const late = summed({ ...facts, problem: 'it ran out of time' }, [passed])
  assert.equal([late.verdict, late.why], ['failed', 'it ran out of time'])
})

test('the table names the seed of what failed', () => {
  const failed = summed(facts, [{ ...passed, verdict: 'failed', why: 'it was lost' }])
  const text = resultsTable([failed, summed(facts, [skipped])], false)
  assert.match(text, 'one (--seed 7): it was lost')
  assert.match(text, 'skipped: no root')
  assert.match(text, '0 passed, 1 failed, 1 skipped')
})

test.run()
