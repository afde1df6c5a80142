/** `logcollector explain`: what a pipeline makes of lines, field by field and step by step; nothing is stored. */
import { createInterface } from 'node:readline'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Config, parserSettings } from '../config/index.ts'
import { type RecordFormat, recordFormats } from '../parse/contract.ts'
import { type CliContext, type ConfigOptions, configFor, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ConfigOptions {
  readonly pipeline?: string
  readonly format?: RecordFormat
  readonly json?: true
}

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('explain'))
    .description('show what a pipeline makes of lines: fields, each step, the row; nothing is stored')
    .argument('[line...]', 'lines; without any, those of standard input')
    .option('-p, --pipeline <name>', 'the pipeline (default: the first)')
    .addOption(
      new Option('-f, --format <format>', 'in place of that of the pipeline, and without steps').choices([
        ...recordFormats,
      ]),
    )
    .option('--json', 'as JSON, one object a line: { pipeline, format, fields, steps, row, reason }')
    .action(async (lines: readonly string[], options: Options) => {
      context.exitCode = await explainLines(lines, options, context)
    })
}

async function explainLines(
  lines: readonly string[],
  options: Options,
  context: CliContext,
): Promise<ExitCode> {
  const { config } = configFor(options, context)
  const number = numberOf(config, options.pipeline)
  const { Explainer } = await import('./explain/explainer.ts')
  const { explanationText } = await import('./explain/table.ts')
  const explainer = await Explainer.create(config, number, options.format ?? null)
  for await (const line of lines.length > 0 ? lines : linesOfInput()) {
    const explanation = explainer.explain(line)
    context.out(options.json ? `${JSON.stringify(explanation)}\n` : explanationText(explanation))
  }
  return exitCodes.ok.code
}

function numberOf(config: Config, name: string | undefined): number {
  const names = parserSettings(config).map(pipeline => pipeline.name)
  const number = name === undefined ? 0 : names.indexOf(name)
  if (number >= 0) return number
  throw new InvalidArgumentError(`there is no pipeline ${name}; there are ${names.join(', ')}`)
}

function linesOfInput(): AsyncIterable<string> {
  if (process.stdin.isTTY)
    throw new InvalidArgumentError('standard input is a terminal: pipe lines in, or write them as arguments')
  return createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
}
