/**
 * node scripts/run.mjs <command> [arguments]: what every npm script calls. Brings a fresh clone to the point where
 * the command can run (prerequisites, npm ci, build), then hands over. Plain JavaScript: node_modules may be missing.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, installDependencies, runProgram } from './build.mjs'
import { nodeProblem, stackProblems } from './prerequisites.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The compiled program of each command; null: the preparation is all. */
const commands = {
  build: { program: null, needsStack: false },
  check: { program: null, needsStack: false },
  logcollector: { program: 'dist/src/main.js', needsStack: false },
  docs: { program: 'dist/test/docs/generate.js', needsStack: false },
  stack: { program: 'dist/stack/main.js', needsStack: true },
  demo: { program: 'dist/stack/demo.js', needsStack: true },
  test: { program: 'dist/test/support/run.js', needsStack: true },
  faults: { program: 'dist/test/faults/run.js', needsStack: true },
  mutants: { program: 'dist/test/faults/mutants/run.js', needsStack: true },
  bench: { program: 'dist/native-bench/main.js', needsStack: false },
}

const say = line => console.error(`logcollector: ${line}`)

function prepare(command, args) {
  const problems = [nodeProblem(), ...(commands[command].needsStack ? stackProblems(root) : [])]
  const found = problems.filter(problem => problem !== null)
  if (found.length) throw new Error(found.join('\n'))
  installDependencies(root, say)
  // A run of single tests skips what the whole run checks.
  if (command === 'check' || (command === 'test' && args.length === 0)) {
    say('checking format and lint (biome)')
    runProgram(root, 'biome', process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'check', '.'])
  }
  build(root, say)
}

/** Runs the program in our place: its exit code is ours, signals reach it too. */
function handOver(program, args) {
  const child = spawn(process.execPath, [join(root, program), ...args], {
    stdio: 'inherit',
  })
  // Ctrl-C goes to both by the terminal; what else is sent to us alone is passed on.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
}

const [command = '', ...args] = process.argv.slice(2)
if (!(command in commands)) {
  say(`unknown command "${command}"; there are: ${Object.keys(commands).join(', ')}`)
  process.exit(2)
}
try {
  prepare(command, args)
  const { program } = commands[command]
  if (program) handOver(program, args)
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  if (command === 'test') console.log('0 passed, 1 failed')
  process.exitCode = 1
}
