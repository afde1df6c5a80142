/**
 * npm run faults: runs scenarios one after the other, each in a process of its own on a shared stack, and prints what came
 * of them. docs/faults.md says how to use it. Exit code: 0 when none failed.
 */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { readDuration } from '../../src/config/values.ts'
import { Random } from '../../src/produce/random.ts'
import { createDataFolder } from '../../stack/paths.ts'
import { type SharedStack, startSharedStack } from '../support/shared-stack.ts'
import { runTestProcess } from '../support/test-process.ts'
import { caseVariable, resultsVariable } from './as-tests.ts'
import { type Listed, listScenarios } from './catalogue.ts'
import { anySeed, seedVariable } from './context.ts'
import { asJson, record } from './recorded.ts'
import { type CaseResult, type ScenarioResult, summed } from './result.ts'
import { scenarioVariable } from './run-scenario.ts'
import { resultsTable, summary } from './table.ts'

interface Options {
  readonly seed?: number
  /** Title of the one case to run. */
  readonly case?: string
  /** ms. */
  readonly soak?: number
  readonly json?: true
  readonly record?: true
  readonly list?: true
}

const SECOND_MS = 1000
const LOG_LINES = 40
/** Beyond the time-outs of its cases, for what a process starts and cleans up. */
const GRACE_MS = 60_000

const say = (line: string): void => console.error(line)

class Driver {
  readonly results: ScenarioResult[] = []
  private readonly stack: SharedStack
  private readonly tell: (result: ScenarioResult) => void
  private readonly folder = createDataFolder('faults')
  private readonly onlyCase: string | undefined
  private runs = 0

  /**
   * @param onlyCase title of the one case that is run; undefined: all
   * @param took is told each result as it comes
   */
  constructor(stack: SharedStack, onlyCase: string | undefined, took: (result: ScenarioResult) => void) {
    this.stack = stack
    this.onlyCase = onlyCase
    this.tell = took
  }

  /** One scenario with a seed; `progress` stands in front of its line. */
  async run({ scenario, file }: Listed, seed: number, progress: string): Promise<void> {
    const { name, rows, timeoutMs } = scenario.facts
    const [results, log] = ['results', 'log'].map(kind => join(this.folder, `${this.runs}.${kind}`)) as [
      string,
      string,
    ]
    this.runs += 1
    writeFileSync(results, '')
    const output = openSync(log, 'a')
    const problems: string[] = []
    const begin = performance.now()
    say(`${progress} ${name}, seed ${seed}`)
    const { failed } = await runTestProcess({
      files: [join(import.meta.dirname, 'run-scenario.js')],
      environment: {
        ...this.stack.environment,
        [scenarioVariable]: file,
        [resultsVariable]: results,
        [seedVariable]: String(seed),
        ...(this.onlyCase === undefined ? {} : { [caseVariable]: this.onlyCase }),
      },
      timeoutMs: timeoutMs * scenario.cases.length + GRACE_MS,
      output,
      onFinished: () => undefined,
      onProblem: problem => problems.push(problem),
    })
    closeSync(output)
    const cases = readCases(results)
    const failedCases = cases.filter(({ verdict }) => verdict === 'failed').length
    if (failed > failedCases && problems.length === 0)
      problems.push('a case ran out of time, or a clean-up failed')
    const durationMs = Math.round(performance.now() - begin)
    this.took(
      summed({ scenario: name, rows, seed, durationMs, problem: problems.join('; ') }, cases),
      progress,
      log,
    )
  }

  private took(result: ScenarioResult, progress: string, log: string): void {
    const { durationMs, scenario, verdict, why } = result
    this.results.push(result)
    this.tell(result)
    say(`${progress} ${scenario}: ${verdict} after ${(durationMs / SECOND_MS).toFixed(0)} s ${why}`)
    if (verdict === 'failed') say(readFileSync(log, 'utf8').split('\n').slice(-LOG_LINES).join('\n'))
  }
}

const readCases = (file: string): CaseResult[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as CaseResult)

const all = async (driver: Driver, chosen: readonly Listed[], seed: number): Promise<void> => {
  for (const [n, listed] of chosen.entries()) await driver.run(listed, seed, `${n + 1}/${chosen.length}`)
}

/** Random scenarios with random seeds, which the first seed decides, until the time is over. */
async function soak(
  driver: Driver,
  chosen: readonly Listed[],
  seed: number,
  durationMs: number,
): Promise<void> {
  const random = new Random(seed)
  const end = Date.now() + durationMs
  while (Date.now() < end) {
    const leftMinutes = Math.ceil((end - Date.now()) / (60 * SECOND_MS))
    const listed = chosen[random.below(chosen.length)]!
    await driver.run(listed, 1 + random.below(2 ** 30), `${leftMinutes} min left,`)
    say(summary(driver.results))
  }
}

async function main(names: readonly string[], options: Options): Promise<void> {
  const listed = await listScenarios()
  const known = listed.map(({ scenario }) => scenario.facts.name)
  if (options.list) {
    for (const { scenario } of listed) console.log(`${scenario.facts.name}: ${scenario.facts.what}`)
    return
  }
  const unknown = names.filter(name => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`there is no scenario ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  const chosen =
    names.length === 0 ? listed : listed.filter(({ scenario }) => names.includes(scenario.facts.name))
  assertHasCase(chosen, options.case)
  if (options.record && options.case !== undefined)
    throw new Error('one case is not the scenario: --record goes without --case')
  const seed = options.seed ?? anySeed()
  const stack = await startSharedStack(line => say(`stack: ${line}`))
  const driver = new Driver(stack, options.case, result => options.record && record([result], known))
  try {
    if (options.soak === undefined) await all(driver, chosen, seed)
    else await soak(driver, chosen, seed, options.soak)
  } finally {
    await stack.stop()
  }
  finish(driver.results, options)
}

/** Throws a sentence where a scenario has no such case: it would pass without doing anything. */
function assertHasCase(chosen: readonly Listed[], wanted: string | undefined): void {
  if (wanted === undefined) return
  for (const { scenario } of chosen) {
    const titles = scenario.cases.map(({ title }) => title)
    if (titles.includes(wanted)) continue
    throw new Error(
      `the scenario ${scenario.facts.name} has no case "${wanted}"; it has: ${titles.join('; ')}`,
    )
  }
}

function finish(results: readonly ScenarioResult[], { json }: Options): void {
  process.stdout.write(json ? asJson(results) : resultsTable(results, process.stdout.isTTY))
  process.exitCode = results.some(({ verdict }) => verdict === 'failed') ? 1 : 0
}

function duration(text: string): number {
  const ms = readDuration(text)
  if (ms === null) throw new InvalidArgumentError('write a duration such as 30m or 2h')
  return ms
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('write a whole number')
  return Number(text)
}

// The stack's watchdog ends the services, and the scenario's process sees its channel close.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
await new Command('npm run faults --')
  .argument('[scenario...]', 'names; all of them unless told')
  .option('--seed <number>', 'repeats a run: what is random comes from it', wholeNumber)
  .option('--case <title>', 'only this case of the scenario')
  .option('--soak <duration>', 'random scenarios for so long, such as 2h', duration)
  .option('--json', 'the results as JSON on standard output')
  .option('--record', 'write them to test/faults/results.json, of which docs/faults.md is made')
  .option('--list', 'name the scenarios and do nothing')
  .action((names: string[], options: Options) => main(names, options))
  .parseAsync()
  .catch(error => {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
  })
