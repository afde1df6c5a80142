/**
 * Installs the dependencies and builds dist/, each only when something changed. Plain JavaScript, run by run.mjs.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const sources = [
  'src',
  'test',
  'stack',
  'native-bench',
  'observability',
  'tsconfig.json',
  'package-lock.json',
]
const kernelSources = ['src/kernel', 'scripts/build-kernel.mjs', 'package-lock.json']
const stamp = 'dist/.built'
const kernelModule = 'dist/src/kernel/kernel.wasm'

const changedMs = path => (existsSync(path) ? statSync(path).mtimeMs : 0)

/** The latest change of a file or of anything below a folder, the folders themselves included: a deletion counts. */
function newestMs(path) {
  if (!existsSync(path)) return 0
  if (!statSync(path).isDirectory()) return changedMs(path)
  const inside = readdirSync(path, { recursive: true, encoding: 'utf8' }).map(name =>
    changedMs(join(path, name)),
  )
  return inside.reduce((newest, each) => Math.max(newest, each), changedMs(path))
}

const isOutdated = (root, output, inputs) =>
  Math.max(...inputs.map(input => newestMs(join(root, input)))) >= changedMs(join(root, output))

/** Runs a program in the repository with our output. Throws one sentence when it fails. */
export function runProgram(root, what, command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) throw new Error(`${what} could not start: ${error.message}`)
  if (status !== 0) throw new Error(`${what} failed (exit code ${status}).`)
}

/** npm ci when node_modules is missing or older than the lock file. */
export function installDependencies(root, say) {
  if (!isOutdated(root, 'node_modules/.package-lock.json', ['package-lock.json'])) return
  say('installing dependencies (npm ci)')
  runProgram(root, 'npm ci', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
}

/** TypeScript to dist/, then the kernel beside it. */
export function build(root, say) {
  if (isOutdated(root, stamp, sources)) {
    say('compiling TypeScript to dist/')
    const begin = new Date()
    runProgram(root, 'The TypeScript compiler', process.execPath, [
      'node_modules/typescript/bin/tsc',
      '-p',
      '.',
    ])
    mkdirSync(join(root, 'dist'), { recursive: true })
    writeFileSync(join(root, stamp), '')
    // What was saved while the compiler ran counts as newer.
    utimesSync(join(root, stamp), begin, begin)
  }
  if (isOutdated(root, kernelModule, kernelSources)) {
    say('compiling the kernel to WebAssembly')
    runProgram(root, 'The kernel build', process.execPath, ['scripts/build-kernel.mjs'])
  }
}
