/** The exit codes of every command: one table for the code, for --help and for docs/cli.md. */
import { PipelineError } from '../errors.ts'

export const exitCodes = {
  ok: { code: 0, meaning: 'Done.' },
  failed: { code: 1, meaning: 'It failed, or stopping took longer than shutdown.deadline.' },
  usage: { code: 2, meaning: 'The command line or the configuration is not valid.' },
  findings: { code: 3, meaning: 'verify found something, or a replay left dead letters where they are.' },
  unavailable: {
    code: 4,
    meaning:
      'Something it needs is missing or does not answer (Kafka, Postgres, tables); trying again may help.',
  },
  interrupted: { code: 130, meaning: 'A second SIGINT ended it at once.' },
  terminated: { code: 143, meaning: 'A second SIGTERM ended it at once.' },
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]['code']

/** The code for whatever was thrown; unknown errors are failures. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof PipelineError)) return exitCodes.failed.code
  if (error.code === 'CONFIG_INVALID') return exitCodes.usage.code
  if (error.code === 'VERIFY_FAILED') return exitCodes.findings.code
  const isMissing = error.code === 'STACK_PREREQUISITE'
  return error.retryable || isMissing ? exitCodes.unavailable.code : exitCodes.failed.code
}

const rows = Object.values(exitCodes)

/** For --help. */
export const exitCodesHelp = (): string =>
  ['Exit codes:', ...rows.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`)].join('\n')

/** For docs/cli.md: a Markdown table. */
export const exitCodesTable = (): string =>
  ['| Code | Meaning |', '|---|---|', ...rows.map(({ code, meaning }) => `| ${code} | ${meaning} |`)].join(
    '\n',
  )
