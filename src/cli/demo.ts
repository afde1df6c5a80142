/**
 * `logcollector demo`: hands over to the demo of the local stack (stack/demo.ts), a program of its own because the
 * product never imports the stack. A clone has it; an installed LogCollector has not.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import { codecs } from '../codecs/codec.ts'
import { PipelineError } from '../errors.ts'
import { type CliContext, handled } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options {
  readonly once?: string
  readonly rate?: string
  readonly compression?: string
}

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  program
    .command('demo')
    .description('the whole path on a private Kafka, Postgres and Redis, until Ctrl-C; from a clone only')
    .option('--once <records>', 'store so many, verify, print one line of JSON and end')
    .option('--rate <records>', 'records a second after the start')
    .addOption(new Option('--compression <codec>', 'of the Kafka batches').choices([...codecs]))
    .action(handled<Options>(context, runDemo))
}

async function runDemo(options: Options): Promise<ExitCode> {
  const demo = fileURLToPath(new URL('../../stack/demo.js', import.meta.url))
  if (!existsSync(demo))
    throw new PipelineError('STACK_PREREQUISITE', { missing: 'a clone of the repository' })
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = spawn(process.execPath, [demo, ...args], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both; what is sent to us alone is passed on. The demo decides about the end.
  const keepOn = () => undefined
  const passOn = () => child.kill('SIGTERM')
  process.on('SIGINT', keepOn)
  process.on('SIGTERM', passOn)
  const [code] = (await once(child, 'exit')) as [ExitCode | null]
  process.off('SIGINT', keepOn)
  process.off('SIGTERM', passOn)
  return code ?? exitCodes.failed.code
}
