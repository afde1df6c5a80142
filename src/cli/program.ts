/**
 * The command line as a whole: every command registered, errors and usage turned into text and exit code. main.ts
 * runs it on the process; tests run it with their own context.
 */
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { debugRequested } from '../config/index.ts'
import * as check from './check.ts'
import * as config from './config.ts'
import type { CliContext } from './context.ts'
import * as deadLetters from './dead-letters.ts'
import * as demo from './demo.ts'
import { type ExitCode, exitCodeOf, exitCodes, exitCodesHelp } from './exit-codes.ts'
import * as explain from './explain.ts'
import * as keys from './keys.ts'
import * as lag from './lag.ts'
import * as migrate from './migrate.ts'
import * as produce from './produce.ts'
import { describeError } from './report-error.ts'
import * as run from './run.ts'
import * as search from './search.ts'
import * as storage from './storage.ts'
import * as tail from './tail.ts'
import * as verify from './verify.ts'
import { programVersion } from './version.ts'

const commands = [
  run,
  produce,
  migrate,
  verify,
  lag,
  check,
  config,
  demo,
  deadLetters,
  storage,
  keys,
  explain,
  search,
  tail,
]

/** The program with all its commands; nothing they run is loaded yet. */
export function createProgram(context: CliContext): Command {
  const program = new Command('logcollector')
    .description('Logs and events from Kafka into plain Postgres, every record exactly once.')
    .version(programVersion())
    .exitOverride()
    .configureOutput({ writeOut: context.out, writeErr: context.note })
    .addHelpText('afterAll', `\n${exitCodesHelp()}`)
  for (const command of commands) command.register(program, context)
  return program
}

/** Tells of what nobody caught, which is about to end the process. */
export type ReportCrash = (error: unknown) => void

/**
 * Runs one command line (without node and script) and returns the exit code; never throws.
 * @param watchCrashes called once with what reports them: unlike Node's own words it quotes no secret
 */
export async function runCli(
  args: readonly string[],
  streams: Pick<CliContext, 'out' | 'note'>,
  watchCrashes?: (report: ReportCrash) => void,
): Promise<ExitCode> {
  const note = (text: string): void => streams.note(context.redactor?.text(text) ?? text)
  const context: CliContext = { ...streams, note, exitCode: exitCodes.ok.code, redactor: null }
  watchCrashes?.(error => note(describeError(error, true)))
  try {
    await createProgram(context).parseAsync([...args], { from: 'user' })
    return context.exitCode
  } catch (error) {
    // Thrown by a command's own check of its arguments; commander turns those of its parsers into plain ones.
    if (error instanceof InvalidArgumentError) context.note(`error: ${error.message}\n`)
    // Help, version and usage errors are written by then.
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.ok.code : exitCodes.usage.code
    context.note(describeError(error, debugRequested(), process.stderr.isTTY))
    return exitCodeOf(error)
  }
}
