/**
 * A copy of the tree in a temporary folder, to break, build and run scenarios in: the files that git knows or would take,
 * and links to node_modules and .stack. What is built there once is built again only where a mutant changes it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { guard } from '../../../stack/guard.ts'
import { cacheFolder, createDataFolder, repositoryRoot } from '../../../stack/paths.ts'
import type { RecordedRun, ScenarioResult } from '../result.ts'
import { type Edit, edited } from './mutant.ts'

/** Which scenario, which case of it (null: all), and with what seed. */
export interface Trial {
  readonly scenario: string
  readonly onlyCase: string | null
  readonly seed: number
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const SHOWN_CHARACTERS = 1_000

export class Workspace {
  private readonly folder = createDataFolder('mutants')
  private readonly originals = new Map<string, string>()
  private readonly environment: Readonly<Record<string, string>>

  /** @param environment for the scenarios: the addresses of the stack */
  constructor(environment: Readonly<Record<string, string>>) {
    this.environment = environment
    const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const names = execFileSync('git', list, { cwd: repositoryRoot, encoding: 'utf8' }).split('\0')
    const kept = { preserveTimestamps: true, recursive: true }
    for (const name of [...names, 'dist'])
      if (name !== '' && existsSync(join(repositoryRoot, name)))
        cpSync(join(repositoryRoot, name), join(this.folder, name), kept)
    mkdirSync(cacheFolder, { recursive: true })
    for (const [name, target] of [
      ['node_modules', join(repositoryRoot, 'node_modules')],
      ['.stack', cacheFolder],
    ] as const)
      symlinkSync(target, join(this.folder, name))
  }

  /** Makes the edits, after taking back those of before. Throws a sentence where one does not fit. */
  breakWith(edits: readonly Edit[], mutant: string): void {
    this.restore()
    for (const edit of edits) {
      const path = join(this.folder, edit.file)
      const before = readFileSync(path, 'utf8')
      if (!this.originals.has(path)) this.originals.set(path, before)
      writeFileSync(path, edited(before, edit, mutant))
    }
  }

  private restore(): void {
    for (const [path, original] of this.originals) writeFileSync(path, original)
    this.originals.clear()
  }

  /** Null, or what the compiler said. */
  async build(): Promise<string | null> {
    const { code, stdout, stderr } = await this.node(['scripts/run.mjs', 'build'])
    return code === 0 ? null : `${stdout}${stderr}`.slice(-SHOWN_CHARACTERS)
  }

  /** Runs the driver of the scenarios as it was built here. Throws where it gives no result. */
  async run({ scenario, onlyCase, seed }: Trial): Promise<ScenarioResult> {
    const only = onlyCase === null ? [] : ['--case', onlyCase]
    const args = ['dist/test/faults/run.js', scenario, '--seed', String(seed), '--json', ...only]
    const { stdout, stderr } = await this.node(args)
    const result = stdout.startsWith('{') ? (JSON.parse(stdout) as RecordedRun).results[0] : undefined
    if (result !== undefined) return result
    throw new Error(`the scenario ${scenario} gave no result: ${stderr.slice(-SHOWN_CHARACTERS)}`)
  }

  private async node(args: readonly string[]): Promise<Ended> {
    const child: ChildProcess = spawn(process.execPath, args, {
      cwd: this.folder,
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { pid } = child
    if (pid === undefined) throw new Error('node could not be started')
    guard({ watch: pid, signal: 'SIGTERM' })
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'exit') as Promise<[number | null]>,
    ])
    guard({ forget: pid })
    return { code, stdout, stderr }
  }
}
