/** `logcollector config`: the configuration in force, secrets redacted, and where each value came from. */
import type { Command } from 'commander'
import { describeConfig, settingsAsObject } from '../config/index.ts'
import { settingsHelp } from '../config/render.ts'
import { type CliContext, type ConfigOptions, configFor, handled, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ConfigOptions {
  readonly json?: true
}

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('config'))
    .description('show the configuration in force, secrets redacted; exit code 2 when it is not valid')
    .option('--json', 'as JSON: setting → value and origin')
    .addHelpText('after', `\n${settingsHelp()}`)
    .action(handled<Options>(context, options => showConfig(options, context)))
}

async function showConfig(options: Options, context: CliContext): Promise<ExitCode> {
  const { config, origins } = configFor(options, context)
  const rows = describeConfig(config, origins)
  if (options.json) {
    context.out(`${JSON.stringify(settingsAsObject(rows))}\n`)
  } else {
    const width = Math.max(...rows.map(({ key }) => key.length))
    for (const { key, value, origin } of rows) context.out(`${key.padEnd(width)}  ${value}  (${origin})\n`)
  }
  return exitCodes.ok.code
}
