/** The command line as a test runs it: in the same process, with its output caught. */
import { runCli } from '../../src/cli/program.ts'

export interface CliResult {
  readonly code: number
  readonly out: string
  readonly note: string
}

/** Runs one command line, such as cli('verify', '--json'). */
export async function cli(...args: readonly string[]): Promise<CliResult> {
  let out = ''
  let note = ''
  const code = await runCli(args, {
    out: text => {
      out += text
    },
    note: text => {
      note += text
    },
  })
  return { code, out, note }
}
