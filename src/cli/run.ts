/** `logcollector run`: takes records from Kafka and stores them, until it is told to stop. serve.ts does the work. */
import type { Command } from 'commander'
import { settingsHelp } from '../config/render.ts'
import { type CliContext, type ConfigOptions, handled, readFor, withConfig } from './context.ts'
import type { ExitCode } from './exit-codes.ts'

interface Options extends ConfigOptions {
  readonly role?: string
}

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('run'))
    .option('--role <roles>', 'what it does: consume, maintain, api or all; a comma between several')
    .description('store what the topics hold, until SIGTERM or SIGINT; a second one exits at once')
    .addHelpText('after', `\n${settingsHelp()}`)
    .action(handled<Options>(context, options => runEngine(options, context)))
}

async function runEngine(options: Options, context: CliContext): Promise<ExitCode> {
  const role = options.role === undefined ? {} : { roles: options.role }
  const overrides = { ...options.set, ...role }
  const { config, origins, warnings } = readFor({ file: options.config, overrides }, context)
  const [{ createEngineFor }, { optimizeLate }, { serve }] = await Promise.all([
    import('../engine/create.ts'),
    import('../engine/tiering.ts'),
    import('./serve.ts'),
  ])
  optimizeLate()
  return serve({
    config,
    origins,
    warnings,
    createEngine: createEngineFor,
    signals: process,
    exitNow: code => process.exit(code),
  })
}
