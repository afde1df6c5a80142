/**
 * npm run mutants: breaks a copy of the tree in each known way and shows that a scenario notices. A scenario is run unbroken
 * first: one that fails then proves nothing. docs/faults.md says how to use it. Exit code: 0 when every mutant was caught.
 */
import { Command, InvalidArgumentError } from 'commander'
import {
  kafkaVariable,
  postgresVariable,
  redisVariable,
  type Stack,
  startStack,
} from '../../../stack/stack.ts'
import { anySeed } from '../context.ts'
import { mutants } from './catalogue.ts'
import type { Mutant } from './mutant.ts'
import { asJson, record } from './recorded.ts'
import { judged, type MutantResult } from './result.ts'
import { mutantsTable } from './table.ts'
import { type Trial, Workspace } from './workspace.ts'

interface Options {
  readonly seed?: number
  readonly json?: true
  readonly record?: true
  readonly list?: true
}

const SECOND_MS = 1000

const say = (line: string): void => console.error(line)
const secondsSince = (begin: number): string => `${((performance.now() - begin) / SECOND_MS).toFixed(0)} s`
const keyOf = ({ scenario, onlyCase }: Mutant): string => `${scenario}/${onlyCase ?? ''}`

/** The scenarios of these mutants on the tree as it is: what is wrong with each, by the key of its mutants. */
async function unbroken(
  workspace: Workspace,
  chosen: readonly Mutant[],
  seed: number,
): Promise<Map<string, string>> {
  const trials = new Map<string, Trial>(chosen.map(mutant => [keyOf(mutant), { ...mutant, seed }]))
  const wrong = new Map<string, string>()
  const problem = await workspace.build()
  if (problem !== null) throw new Error(`the copy of the tree does not build: ${problem}`)
  for (const [key, trial] of trials) {
    const begin = performance.now()
    const { verdict, why } = await workspace.run(trial)
    say(`unbroken: ${trial.scenario} ${verdict} after ${secondsSince(begin)}`)
    if (verdict !== 'passed') wrong.set(key, `without the mutant the scenario ${verdict}: ${why}`)
  }
  return wrong
}

async function tryOut(
  workspace: Workspace,
  mutant: Mutant,
  seed: number,
): Promise<Pick<MutantResult, 'by' | 'verdict'>> {
  workspace.breakWith(mutant.edits, mutant.name)
  const problem = await workspace.build()
  if (problem !== null) return { verdict: 'invalid', by: `does not build: ${problem}` }
  return judged(mutant, await workspace.run({ ...mutant, seed }))
}

async function check(chosen: readonly Mutant[], stack: Stack, options: Options): Promise<MutantResult[]> {
  const seed = options.seed ?? anySeed()
  const workspace = new Workspace({
    [kafkaVariable]: stack.kafka,
    [postgresVariable]: stack.postgres,
    [redisVariable]: stack.redis,
  })
  const wrong = await unbroken(workspace, chosen, seed)
  const results: MutantResult[] = []
  for (const [n, mutant] of chosen.entries()) {
    const begin = performance.now()
    const unusable = wrong.get(keyOf(mutant))
    const outcome =
      unusable === undefined
        ? await tryOut(workspace, mutant, seed)
        : ({ verdict: 'invalid', by: unusable } as const)
    const { name, scenario } = mutant
    const durationMs = Math.round(performance.now() - begin)
    const result = { mutant: name, scenario, seed, ...outcome, durationMs }
    results.push(result)
    if (options.record)
      record(
        result,
        mutants.map(each => each.name),
      )
    say(`${n + 1}/${chosen.length} ${name}: ${result.verdict} after ${secondsSince(begin)}: ${result.by}`)
  }
  return results
}

async function main(names: readonly string[], options: Options): Promise<void> {
  const known = mutants.map(({ name }) => name)
  if (options.list) {
    for (const { name, breaks } of mutants) console.log(`${name}: ${breaks}`)
    return
  }
  const unknown = names.filter(name => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`there is no mutant ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  const chosen = names.length === 0 ? mutants : mutants.filter(({ name }) => names.includes(name))
  const settings = { fsync: 'off', max_connections: 200 }
  const stack = await startStack({ report: line => say(`stack: ${line}`), postgres: { settings } })
  try {
    const results = await check(chosen, stack, options)
    process.stdout.write(options.json ? asJson(results) : mutantsTable(results, process.stdout.isTTY))
    process.exitCode = results.every(({ verdict }) => verdict === 'caught') ? 0 : 1
  } finally {
    await stack.stop()
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('write a whole number')
  return Number(text)
}

// The watchdog ends the services and what runs in the copy.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
await new Command('npm run mutants --')
  .argument('[mutant...]', 'names; all of them unless told')
  .option('--seed <number>', 'of every scenario: repeats a run', wholeNumber)
  .option('--json', 'the results as JSON on standard output')
  .option('--record', 'write them to test/faults/mutants.json, of which docs/faults.md is made')
  .option('--list', 'name the mutants and do nothing')
  .action((names: string[], options: Options) => main(names, options))
  .parseAsync()
  .catch(error => {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
  })
