/** `logcollector run`: takes records from Kafka and stores them, until it is told to stop. serve.ts does the work. */
import type { Command } from 'commander'
import { settingsHelp } from '../config/render.ts'
import { type CliContext, type ConfigOptions, handled, withConfig } from './context.ts'
import type { ExitCode } from './exit-codes.ts'

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('run'))
    .description('store what the topics hold, until SIGTERM or SIGINT; a second one exits at once')
    .addHelpText('after', `\n${settingsHelp()}`)
    .action(handled<ConfigOptions>(context, runEngine))
}

async function runEngine(options: ConfigOptions): Promise<ExitCode> {
  const { readConfig } = await import('../config/index.ts')
  const { config, warnings } = readConfig({ file: options.config, overrides: options.set ?? {} })
  const [{ createEngine }, { serve }] = await Promise.all([
    import('../engine/engine.ts'),
    import('./serve.ts'),
  ])
  return serve({ config, warnings, createEngine, signals: process, exitNow: code => process.exit(code) })
}
