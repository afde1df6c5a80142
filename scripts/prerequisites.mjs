/**
 * What the machine must have before anything else runs, and how to get it. Plain JavaScript without dependencies:
 * run.mjs calls it when node_modules may still be missing.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const oldestNode = [20, 19]
const oldestJava = 17

/** @returns {string | null} one sentence with the remedy, or null when Node is new enough. */
export function nodeProblem(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number)
  const [wantedMajor, wantedMinor] = oldestNode
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return null
  return `Node ${version} is too old: install Node ${oldestNode.join('.')} or newer (https://nodejs.org/).`
}

/** @returns {number} Java's feature version from the output of java -version; 0 when it names none. */
export function javaVersion(output) {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? []
  return Number(first === '1' ? second : (first ?? 0))
}

function javaProblem() {
  const { error, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  const remedy = `install a Java ${oldestJava} runtime (Debian: apt install openjdk-17-jre-headless).`
  if (error) return `Java is missing, and the local Kafka runs on it: ${remedy}`
  const version = javaVersion(stderr)
  return version >= oldestJava ? null : `Java ${version} is too old for Kafka: ${remedy}`
}

function mavenProblem(root) {
  const cache = join(root, '.stack')
  // Needed once only: the jars stay.
  if (existsSync(cache) && readdirSync(cache).some(name => name.startsWith('kafka-'))) return null
  const { error } = spawnSync('mvn', ['-v'], { stdio: 'ignore' })
  return error ? 'Maven is missing, and it fetches Kafka: install it (Debian: apt install maven).' : null
}

/** @returns {string[]} a sentence for each thing that the local stack lacks. */
export function stackProblems(root, environment = process.env) {
  if (environment.LOGCOLLECTOR_TEST_KAFKA) return []
  return [javaProblem(), mavenProblem(root)].filter(problem => problem !== null)
}
