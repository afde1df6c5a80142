#!/usr/bin/env node
/** The entry of the `logcollector` command: hands the process to cli/program.ts and ends with its exit code. */
import { exitCodes } from './cli/exit-codes.ts'
import { runCli } from './cli/program.ts'

// The first process of a container gets only the signals that it listens to. A command that ends in order has a
// listener of its own, which then decides.
if (process.pid === 1)
  for (const [signal, { code }] of [
    ['SIGTERM', exitCodes.terminated],
    ['SIGINT', exitCodes.interrupted],
  ] as const)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(code)
    })

// A reader such as head may close the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const streams = {
  out: (text: string) => process.stdout.write(text),
  note: (text: string) => process.stderr.write(text),
}
const code = await runCli(process.argv.slice(2), streams, report =>
  // Node would print every field of the error, such as the AUTH command of a Redis client with its password.
  process.on('uncaughtException', error => {
    report(error)
    process.exit(exitCodes.failed.code)
  }),
)
// Clients may keep the loop alive after their work is done; what was written is flushed first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
