import * as assert from 'uvu/assert'
import { classify, rowNamedBy, type Stage } from '../../src/sink/classify.ts'
import { Refusals } from '../../src/sink/refusals.ts'
import { judge } from '../../src/sink/settle.ts'
import { suite } from '../support/suite.ts'

const test = suite('decisions of the sink')

const verdict = (stage: Stage, sqlstate: string | null, constraint: string | null = null, isAlive = true) =>
  classify({ stage, sqlstate, constraint, isAlive })

test('every line of the error table', () => {
  for (const code of ['22021', '22P02', '54000', '23505']) assert.is(verdict('copy', code), 'row')
  assert.is(verdict('copy', '23514', 'logs_check'), 'row')
  assert.is(verdict('copy', '23514'), 'segment')
  for (const code of ['08P01', '22P03', '22P04', 'XX000']) assert.is(verdict('copy', code), 'ours')
  for (const code of ['22003', '23502', '21000', '54000']) assert.is(verdict('tail', code), 'tail')
  for (const stage of ['copy', 'tail'] as const) {
    for (const code of ['40P01', '40001', '53100', '53200', '57014', '57P01', '58030', '55P03', '25006']) {
      assert.is(verdict(stage, code), 'retry', `${stage} ${code}`)
    }
    for (const code of ['42P01', '42501', '28000', '3D000', '0A000'])
      assert.is(verdict(stage, code), 'notReady')
    assert.is(verdict(stage, 'LC001'), 'fenced')
    assert.is(verdict(stage, null), 'lost')
    assert.is(verdict(stage, '08006'), 'lost')
    assert.is(verdict(stage, '57P01', null, false), 'lost')
    assert.is(verdict(stage, '99999'), 'halt')
  }
})

test('the row that an error names', () => {
  assert.is(rowNamedBy('COPY logs, line 7, column attrs'), 7)
  assert.is(rowNamedBy('SQL statement "x"\nCOPY logs, line 12'), 12)
  assert.is(rowNamedBy('PL/pgSQL function f() line 3'), null)
  assert.is(rowNamedBy(undefined), null)
})

test('what became of a position', () => {
  const stored = (nextOffset: number, token = 'ours') => ({
    topicId: 1,
    nextOffset,
    token,
    fingerprint: null,
  })
  assert.is(judge('ours', 10, 20, stored(10)), 'notLanded')
  assert.is(judge('ours', 10, 20, stored(20)), 'landed')
  assert.is(judge('ours', 10, 20, stored(5)), 'wentBack')
  assert.is(judge('ours', 10, 20, stored(15)), 'ahead')
  assert.is(judge('ours', 10, 20, stored(21)), 'ahead')
  assert.is(judge('ours', 10, 20, stored(20, 'theirs')), 'fenced')
  assert.is(judge('ours', 10, 20, undefined), 'fenced')
})

test('a hundred bad rows among millions are bad rows', () => {
  const refusals = new Refusals()
  for (let i = 0; i < 1_000; i++) {
    refusals.stored(20_000)
    assert.not(refusals.add())
  }
})

test('more than a hundred among ten thousand are a bad setting', () => {
  const refusals = new Refusals()
  refusals.stored(1_000_000)
  for (let i = 0; i < 100; i++) {
    refusals.stored(50)
    assert.not(refusals.add())
  }
  assert.ok(refusals.add())
})

test.run()
