/** The mutants fit the sources as they are, each has a scenario and a result, and the verdicts tell why from that. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { repositoryRoot } from '../../../stack/paths.ts'
import { suite } from '../../support/suite.ts'
import { listScenarios } from '../catalogue.ts'
import { summed } from '../result.ts'
import { mutants } from './catalogue.ts'
import { edited, type Mutant } from './mutant.ts'
import { readMutants } from './recorded.ts'
import { judged } from './result.ts'

const test = suite('faults/mutants')
const LEAST_MUTANTS = 8

const textsOf = ({ edits }: Mutant): Map<string, string> =>
  new Map(edits.map(({ file }) => [file, readFileSync(join(repositoryRoot, file), 'utf8')]))

test('the text that each mutant replaces is in the sources exactly once, and is another afterwards', () => {
  for (const mutant of mutants) {
    const texts = textsOf(mutant)
    for (const edit of mutant.edits) {
      const before = texts.get(edit.file)!
      const after = edited(before, edit, mutant.name)
      assert.ok(after !== before, `${mutant.name} changes nothing`)
      texts.set(edit.file, after)
    }
  }
})

test('text that is not there, or there twice, is an error that names the mutant', () => {
  const edit = { file: 'a.ts', from: 'if (x)', to: 'if (true)' }
  assert.is(edited('1; if (x) y()', edit, 'm'), '1; if (true) y()')
  assert.throws(() => edited('if (y)', edit, 'm'), /mutant m: .* a\.ts 0 times instead of once/)
  assert.throws(() => edited('if (x) if (x)', edit, 'm'), /mutant m: .* a\.ts 2 times instead of once/)
})

test('each has a name of its own, and a scenario with the case that it names', async () => {
  assert.is(new Set(mutants.map(({ name }) => name)).size, mutants.length)
  assert.ok(mutants.length >= LEAST_MUTANTS)
  const cases = new Map(
    (await listScenarios()).map(({ scenario }) => [
      scenario.facts.name,
      scenario.cases.map(({ title }) => title),
    ]),
  )
  for (const { name, onlyCase, scenario } of mutants) {
    const titles = cases.get(scenario)
    assert.ok(titles !== undefined, `${name}: there is no scenario ${scenario}`)
    assert.ok(
      onlyCase === null || titles.includes(onlyCase),
      `${name}: ${scenario} has no case "${onlyCase}"`,
    )
  }
})

test('each was run and caught; "npm run mutants -- NAME --record" writes it', () => {
  assert.equal(
    readMutants().results.map(({ mutant, scenario, verdict }) => ({ mutant, scenario, verdict })),
    mutants.map(({ name, scenario }) => ({ mutant: name, scenario, verdict: 'caught' })),
  )
})

test('only a failure for the reason that is expected counts as caught', () => {
  const mutant: Mutant = { ...mutants[0]!, caughtBy: /^lost: / }
  const run = (problem: string) =>
    summed({ scenario: 'one', rows: [1], seed: 1, durationMs: 1, problem }, [
      {
        title: 'a case',
        seed: 1,
        records: 1,
        faults: 1,
        lost: 0,
        duplicated: 0,
        phantom: 0,
        reordered: 0,
        gaps: 0,
        recoveryMs: null,
        verdict: 'passed',
        why: '',
      },
    ])
  assert.equal(judged(mutant, run('')), { verdict: 'survived', by: 'the scenario passed' })
  assert.equal(judged(mutant, run('lost: 1\nmore')), { verdict: 'caught', by: 'lost: 1' })
  assert.is(judged(mutant, run('process 7 ended by itself')).verdict, 'invalid')
})

test.run()
