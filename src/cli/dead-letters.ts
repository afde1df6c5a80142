/**
 * `logcollector dead-letters`: list, show, replay and purge, all with the same filters. dead-letters/ has the filters
 * and the texts; replay/ and store/dead-letters.ts do the work.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { messageOf } from '../errors.ts'
import type { LetterFilter, LetterState } from '../store/dead-letters.ts'
import { type CliContext, type ConfigOptions, configFor, handled, positive, withConfig } from './context.ts'
import { filterOf, isNarrowed, type LetterOptions, withFilters } from './dead-letters/filter.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ConfigOptions, LetterOptions {
  readonly limit?: number
  readonly state?: LetterState
  readonly all?: true
  readonly json?: true
}

const DEFAULT_LIST = 100
const DEFAULT_SHOW = 10
const stateOption = (fallback: LetterState): Option =>
  new Option('--state <state>', 'waiting: without a row yet; replayed: with one')
    .choices(['waiting', 'replayed', 'any'])
    .default(fallback)

/** Adds the command with its four sub-commands. */
export function register(program: Command, context: CliContext): void {
  const group = program
    .command('dead-letters')
    .description('look at, replay or remove the records that could not become rows')
  const add = (name: string, description: string): Command =>
    withFilters(withConfig(group.command(name))).description(description)
  add('list', 'the newest dead letters, one a line')
    .addOption(stateOption('any'))
    .option('--limit <letters>', `at most so many (default: ${DEFAULT_LIST})`, positive)
    .option('--json', 'as JSON, one line a letter')
    .action(handled<Options>(context, options => list(options, context)))
  add('show', 'dead letters with all that is kept of them: key, value, headers')
    .addOption(stateOption('any'))
    .option('--limit <letters>', `at most so many (default: ${DEFAULT_SHOW})`, positive)
    .option('--json', 'as JSON, one line a letter')
    .action(handled<Options>(context, options => show(options, context)))
  add('replay', 'parse them again with the present configuration and store those that are rows now')
    .option('--limit <letters>', 'try at most so many (default: all)', positive)
    .option('--json', 'as JSON: { replayed, failed, reasons }')
    .action(handled<Options>(context, options => replay(options, context)))
  add('purge', 'delete them, counted so that verify knows; needs a filter or --all')
    .addOption(stateOption('any'))
    .option('--all', 'those of every topic, whatever their reason')
    .option('--limit <letters>', 'at most so many (default: all)', positive)
    .option('--json', 'as JSON: { purged }')
    .action(handled<Options>(context, options => purge(options, context)))
}

const filterFor = (options: Options, groupId: string): LetterFilter =>
  filterOf(options, groupId, options.state ?? 'any')

async function list(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const { withLetters } = await import('./dead-letters/session.ts')
  const letters = await withLetters(config, ({ read }) =>
    read(filterFor(options, config.kafka.groupId), options.limit ?? DEFAULT_LIST),
  )
  const { letterJson, lettersTable } = await import('./dead-letters/text.ts')
  if (options.json) for (const letter of letters) context.out(`${JSON.stringify(letterJson(letter))}\n`)
  else context.out(lettersTable(letters))
  return exitCodes.ok.code
}

async function show(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const { withLetters } = await import('./dead-letters/session.ts')
  const { contentsJson, letterJson, letterText } = await import('./dead-letters/text.ts')
  await withLetters(config, async ({ read, contents }) => {
    for (const letter of await read(
      filterFor(options, config.kafka.groupId),
      options.limit ?? DEFAULT_SHOW,
    )) {
      const kept = await contents(letter)
      if (kept === null) continue
      const json = { ...letterJson(letter), ...contentsJson(kept) }
      context.out(options.json ? `${JSON.stringify(json)}\n` : letterText(letter, kept))
    }
  })
  return exitCodes.ok.code
}

async function replay(options: Options, context: CliContext): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const { replayLetters } = await import('../replay/index.ts')
  const filter = filterOf(options, config.kafka.groupId, 'waiting')
  const report = await replayLetters(config, filter, options.limit ?? null)
  const { forgetAnswers } = await import('../redis/cache/forget.ts')
  await forgetAnswers(config.redis).catch(error =>
    context.note(`cached answers may be older than the replay for two hours: ${messageOf(error)}\n`),
  )
  if (options.json) context.out(`${JSON.stringify(report)}\n`)
  else {
    context.out(`${report.replayed} replayed, ${report.failed} stay\n`)
    for (const { reason, letters } of report.reasons) context.out(`  ${letters}: ${reason}\n`)
  }
  return report.failed === 0 ? exitCodes.ok.code : exitCodes.findings.code
}

async function purge(options: Options, context: CliContext): Promise<ExitCode> {
  if (!options.all && !isNarrowed(options) && options.state === 'any')
    throw new InvalidArgumentError('say which dead letters: give a filter, or --all')
  const { config } = configFor(options, context)
  const { withLetters } = await import('./dead-letters/session.ts')
  const purged = await withLetters(config, ({ purge: remove }) =>
    remove(filterFor(options, config.kafka.groupId), options.limit ?? null),
  )
  context.out(options.json ? `${JSON.stringify({ purged })}\n` : `${purged} purged\n`)
  return exitCodes.ok.code
}
