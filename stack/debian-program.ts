/**
 * Finds a program: in PATH, else fetched by apt and unpacked under .stack/, so that nothing is installed on the system
 * and no service of it starts. redis.ts, pgbouncer.ts and prometheus.ts run what it finds.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PipelineError } from '../src/errors.ts'
import { runCommand } from './command.ts'
import { cacheFolder } from './paths.ts'

/** A command line that becomes the program; further arguments are the program's. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  /** What must be readable to whoever runs it; null: the system's own. */
  readonly folder: string | null
}

export interface DebianProgram {
  /** Of the file, such as redis-server. */
  readonly name: string
  /** Of the package that holds it. */
  readonly package: string
  /** Folder under .stack/. */
  readonly cache: string
  /** What to do where apt cannot fetch it. */
  readonly remedy: string
}

/** The command line for a program that apt unpacked into `folder`, or null. Its libraries lie beside it, where the loader looks only when told. */
export function unpackedProgram(folder: string, name: string): Program | null {
  const file = ['usr/bin', 'usr/sbin'].map(bin => join(folder, bin, name)).find(path => existsSync(path))
  if (file === undefined) return null
  const libraries = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => /\.so(\.\d+)*$/.test(path))
    .map(path => dirname(join(folder, path)))
  const path = [...new Set(libraries)].join(':')
  return { command: 'env', args: [`LD_LIBRARY_PATH=${path}`, file], folder }
}

/** The file of that name in the folders of PATH; null: none. */
export function inPath(name: string): string | null {
  const folders = (process.env.PATH ?? '').split(':').filter(folder => folder !== '')
  return [...folders, '/usr/sbin'].map(folder => join(folder, name)).find(file => existsSync(file)) ?? null
}

/** What apt would install for the package on this system, by name. */
async function packagesNeeded(name: string): Promise<string[]> {
  const plan = await runCommand('apt-get', ['install', '--simulate', '--no-install-recommends', name])
  return [...plan.matchAll(/^Inst (\S+)/gm)].map(([, needed]) => needed!)
}

async function download(folder: string, program: DebianProgram): Promise<void> {
  const packages = await packagesNeeded(program.package)
  await runCommand('apt-get', ['download', ...packages], { cwd: folder })
  for (const file of readdirSync(folder).filter(name => name.endsWith('.deb')))
    await runCommand('dpkg-deb', ['--extract', join(folder, file), folder])
  if (unpackedProgram(folder, program.name) === null) throw new Error(`the packages hold no ${program.name}`)
}

/** Complete or absent: two runs may download at the same time, and either may be interrupted. */
async function install(unpacked: string, program: DebianProgram): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true })
  const partial = mkdtempSync(join(cacheFolder, 'download-'))
  try {
    try {
      await download(partial, program)
    } catch (error) {
      // Without the lists of packages, or with old ones; only root may fetch them.
      if (process.getuid?.() !== 0) throw error
      await runCommand('apt-get', ['update'])
      await download(partial, program)
    }
    if (!existsSync(unpacked)) renameSync(partial, unpacked)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/** One that is installed or was unpacked before; null: it would have to be fetched. */
export function presentProgram({ cache, name }: DebianProgram): Program | null {
  const installed = inPath(name)
  if (installed !== null) return { command: installed, args: [], folder: null }
  return unpackedProgram(join(cacheFolder, cache), name)
}

/** Throws STACK_PREREQUISITE when the program is not there and apt cannot fetch it. */
export async function findProgram(program: DebianProgram, report: (line: string) => void): Promise<Program> {
  const { cache, name, remedy } = program
  const present = presentProgram(program)
  if (present !== null) return present
  const unpacked = join(cacheFolder, cache)
  report(`fetching ${name} by apt (once)`)
  try {
    await install(unpacked, program)
  } catch (error) {
    throw new PipelineError('STACK_PREREQUISITE', { missing: name, remedy }, error)
  }
  return unpackedProgram(unpacked, name)!
}
