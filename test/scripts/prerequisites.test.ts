/**
 * What a machine lacks is said in one sentence with the remedy: scripts/prerequisites.mjs.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as assert from 'uvu/assert'
import { repositoryRoot } from '../../stack/paths.ts'
import { suite } from '../support/suite.ts'

interface Prerequisites {
  nodeProblem(version: string): string | null
  javaVersion(output: string): number
  stackProblems(root: string, environment: Record<string, string>): string[]
}

const test = suite('prerequisites.mjs')
const script = join(repositoryRoot, 'scripts', 'prerequisites.mjs')
const { nodeProblem, javaVersion, stackProblems } = (await import(
  pathToFileURL(script).href
)) as Prerequisites

test('Node from 20.19 on will do', () => {
  for (const version of ['20.19.0', '20.20.2', '22.0.0', '26.1.0']) assert.is(nodeProblem(version), null)
  for (const version of ['18.20.0', '20.18.9'])
    assert.match(nodeProblem(version) ?? '', /install Node 20\.19/)
})

test('reads the version of old and new Java', () => {
  assert.is(javaVersion('openjdk version "17.0.15" 2025-04-15'), 17)
  assert.is(javaVersion('java version "1.8.0_412"'), 8)
  assert.is(javaVersion('openjdk version "25" 2025-09-16'), 25)
  assert.is(javaVersion('command not found'), 0)
})

test('brokers named by the environment need neither Java nor Maven', () => {
  assert.equal(stackProblems('/nowhere', { LOGCOLLECTOR_TEST_KAFKA: '127.0.0.1:9092' }), [])
})

test.run()
