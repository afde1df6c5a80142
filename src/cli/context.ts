/**
 * What the commands share: where their output goes, the options --config and --set, and how their result becomes
 * the exit code. Each command file exports `register(program, context)`.
 */
import { type Command, InvalidArgumentError } from 'commander'
import {
  type ConfigSources,
  createRedactor,
  type ReadConfig,
  type Redactor,
  readConfig,
} from '../config/index.ts'
import type { ExitCode } from './exit-codes.ts'

/** Given to every command; tests give their own. */
export interface CliContext {
  /** Results: standard output. */
  readonly out: (text: string) => void
  /** Progress, warnings and errors: standard error. */
  readonly note: (text: string) => void
  /** Of the command that ran. */
  exitCode: ExitCode
  /** Notes go through it; null until the configuration is known. */
  redactor: Redactor | null
}

export interface ConfigOptions {
  readonly config?: string
  readonly set?: ConfigSources['overrides']
}

/** Adds --config FILE and --set KEY=VALUE. */
export const withConfig = (command: Command): Command =>
  command
    .option('-c, --config <file>', 'configuration file (default: logcollector.yaml when it is there)')
    .option('--set <key=value>', 'one setting, over file and environment; repeatable', addOverride)

function addOverride(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const [key, value] = splitPair(text)
  return { ...earlier, [key]: value }
}

/** "a=b" → ["a", "b"]; anything else is a usage error. */
export function splitPair(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('write name=value')
  return [text.slice(0, at), text.slice(at + 1)]
}

/** A whole number of at least 1, or a usage error. */
export function positive(text: string): number {
  const value = Number(text)
  if (!/^\d{1,15}$/.test(text) || value < 1) throw new InvalidArgumentError('write a whole number above 0')
  return value
}

/** Reads the configuration; from now on no note of the command quotes its secrets. */
export function readFor(sources: ConfigSources, context: CliContext): ReadConfig {
  const read = readConfig(sources)
  context.redactor = createRedactor(read.config)
  return read
}

/** The configuration for a command; warnings are noted. */
export function configFor(options: ConfigOptions, context: CliContext): ReadConfig {
  const read = readFor({ file: options.config, overrides: options.set ?? {} }, context)
  for (const warning of read.warnings) context.note(`warning ${warning}\n`)
  return read
}

/** Makes a handler's result the exit code. */
export const handled =
  <Options>(context: CliContext, handler: (options: Options) => Promise<ExitCode>) =>
  async (options: Options): Promise<void> => {
    context.exitCode = await handler(options)
  }
