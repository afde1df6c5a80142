/** The regression check: what counts as worse, and that floors are recorded for every figure. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { figureNames, floorsUnder, judge, ratiosOf } from '../../native-bench/check/floors.ts'
import type { KernelFigures } from '../../native-bench/kernel.ts'
import type { PipelineFigures } from '../../native-bench/pipeline.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { suite } from '../support/suite.ts'

const test = suite('native-bench/floors')
const measured = { ofCeiling: 0.755, ofPostgresCpu: 0.305, kernelRatio: 2.5 }
const worse = (verdicts: ReturnType<typeof judge>) =>
  verdicts.filter(({ isKept }) => !isKept).map(({ name }) => name)

test('floors stand the margin away on the side that is worse', () => {
  assert.equal(floorsUnder(measured, 0.1), { ofCeiling: 0.67, ofPostgresCpu: 0.34, kernelRatio: 2.25 })
  for (const margin of [0, 0.03, 0.1, 0.5])
    assert.equal(worse(judge(measured, floorsUnder(measured, margin))), [])
})

test('what is on its floor is kept, what is beyond is not', () => {
  assert.equal(worse(judge(measured, measured)), [])
  assert.equal(worse(judge({ ...measured, ofCeiling: 0.754 }, measured)), ['ofCeiling'])
  assert.equal(worse(judge({ ...measured, ofPostgresCpu: 0.306 }, measured)), ['ofPostgresCpu'])
  assert.equal(worse(judge({ ofCeiling: 1, ofPostgresCpu: 0.1, kernelRatio: 2.4 }, measured)), [
    'kernelRatio',
  ])
})

test('a figure that is missing is not kept', () => {
  assert.equal(worse(judge({ ...measured, kernelRatio: Number.NaN }, measured)), ['kernelRatio'])
})

test('of each side the best round counts', () => {
  const over = (min: number, max: number) => ({ min, median: (min + max) / 2, max })
  const pipeline = {
    rowsPerSecond: over(300, 450),
    ceilingRowsPerSecond: over(200, 600),
    ourCpuUsPerRow: over(0.9, 2),
    postgresCpuUsPerRow: over(3, 9),
  } as PipelineFigures
  const kernel = { jsonParseNs: over(750, 900), kernelNs: over(300, 500) } as KernelFigures
  const ratios = ratiosOf(pipeline, kernel)
  assert.equal(ratios, { ofCeiling: 0.75, ofPostgresCpu: 0.9 / 3, kernelRatio: 2.5 })
})

test('floors.json has a floor for every figure', () => {
  const { figures } = JSON.parse(readFileSync(join(repositoryRoot, 'native-bench', 'floors.json'), 'utf8'))
  assert.equal(Object.keys(figures.floors), [...figureNames])
  assert.equal(figures.floors, floorsUnder(figures.measured, figures.margin))
})

test.run()
