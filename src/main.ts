#!/usr/bin/env node
/** The entry of the `logcollector` command: hands the process to cli/program.ts and ends with its exit code. */
import { runCli } from './cli/program.ts'

// A reader such as head may close the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const code = await runCli(process.argv.slice(2), {
  out: text => process.stdout.write(text),
  note: text => process.stderr.write(text),
})
// Clients may keep the loop alive after their work is done; what was written is flushed first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
