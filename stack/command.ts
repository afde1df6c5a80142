/**
 * Runs a helper program of the stack to its end: maven, initdb, the storage tool, npm.
 * Its output is shown only when it fails.
 */
import { execFile } from 'node:child_process'
import { messageOf } from '../src/errors.ts'
import type { Owner } from './service.ts'

interface CommandOptions {
  readonly cwd?: string
  readonly owner?: Owner | null
  /** In place of our own. */
  readonly env?: NodeJS.ProcessEnv
}

/** Resolves with stdout. Throws with the end of both outputs when the program fails or does not exist. */
export const runCommand = (
  command: string,
  args: readonly string[],
  { cwd, env, owner }: CommandOptions = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = {
      encoding: 'utf8' as const,
      maxBuffer: 16 * 1024 * 1024,
      ...(cwd ? { cwd } : {}),
      ...(env ? { env } : {}),
      ...(owner ?? {}),
    }
    execFile(command, args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const output = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n')
      reject(new Error(`${command} failed: ${output || messageOf(error)}`, { cause: error }))
    })
  })
