/**
 * `logcollector check`: would `run` work? Looks at the configuration, and if it is valid at Kafka, Postgres and Redis.
 * What run only warns of (variables that are no settings) is a problem here.
 */
import type { Command } from 'commander'
import { type Config, describeProblem, problemsOf, unknownSettings } from '../config/index.ts'
import { errorKinds } from '../errors.ts'
import { type Finding, findingsText, fine, problem } from './check/finding.ts'
import { type CliContext, type ConfigOptions, handled, readFor, withConfig } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ConfigOptions {
  readonly json?: true
}

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withConfig(program.command('check'))
    .description(
      'check the configuration, and whether Kafka, Postgres and Redis are there and allow what is needed; stores nothing. Exit code 2 when the configuration is wrong, 4 when something else is',
    )
    .option('--json', 'as JSON: { ok, findings }')
    .action(handled<Options>(context, options => check(options, context)))
}

async function check(options: Options, context: CliContext): Promise<ExitCode> {
  const { config, findings: found } = checkConfig(options, context)
  if (config !== null) {
    const { checkServices } = await import('./check/services.ts')
    found.push(...(await checkServices(config)))
  }
  const findings = context.redactor === null ? found : context.redactor.data(found)
  const bad = findings.filter(({ ok }) => !ok)
  context.out(
    options.json
      ? `${JSON.stringify({ ok: bad.length === 0, findings })}\n`
      : findingsText(findings, process.stdout.isTTY === true),
  )
  if (bad.some(({ subject }) => subject === 'config')) return exitCodes.usage.code
  return bad.length > 0 ? exitCodes.unavailable.code : exitCodes.ok.code
}

/** The configuration is null when it cannot be used. */
function checkConfig(options: Options, context: CliContext): { config: Config | null; findings: Finding[] } {
  const unknown = unknownSettings().map(text =>
    problem('config', text, 'unset the variable or correct its name'),
  )
  try {
    const { config, origins } = readFor({ file: options.config, overrides: options.set ?? {} }, context)
    const given = [...origins.values()].filter(({ source }) => source !== 'default' && source !== 'derived')
    const valid = fine('config', `valid; ${given.length} of ${origins.size} settings are not the default`)
    return { config, findings: unknown.length > 0 ? unknown : [valid] }
  } catch (error) {
    const problems = problemsOf(error)
    if (problems.length === 0) throw error
    const { remedy } = errorKinds.CONFIG_INVALID
    const findings = problems.map(one => problem('config', describeProblem(one), remedy))
    return { config: null, findings: [...findings, ...unknown] }
  }
}
