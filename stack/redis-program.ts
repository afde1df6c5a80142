/**
 * Finds redis-server: in PATH, else fetched by apt and unpacked under .stack/, so that nothing is installed on the
 * system and no service of it starts. redis.ts runs it.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PipelineError } from '../src/errors.ts'
import { runCommand } from './command.ts'
import { cacheFolder } from './paths.ts'

/** A command line that becomes redis-server; further arguments are the server's. */
export interface RedisProgram {
  readonly command: string
  readonly args: readonly string[]
}

const unpacked = (): string => join(cacheFolder, 'redis')

function inPath(): string | null {
  const folders = (process.env.PATH ?? '').split(':').filter(folder => folder !== '')
  return folders.map(folder => join(folder, 'redis-server')).find(file => existsSync(file)) ?? null
}

/** Its libraries lie beside it, where the loader looks only when told. */
function fromCache(folder: string): RedisProgram | null {
  const server = join(folder, 'usr', 'bin', 'redis-server')
  if (!existsSync(server)) return null
  const libraries = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => /\.so(\.\d+)*$/.test(path))
    .map(path => dirname(join(folder, path)))
  const path = [...new Set(libraries)].join(':')
  return { command: 'env', args: [`LD_LIBRARY_PATH=${path}`, server] }
}

/** What apt would install for redis-server on this system, by name. */
async function packagesNeeded(): Promise<string[]> {
  const simulate = ['install', '--simulate', '--no-install-recommends', 'redis-server']
  const plan = await runCommand('apt-get', simulate)
  return [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name!)
}

async function download(folder: string): Promise<void> {
  const packages = await packagesNeeded()
  await runCommand('apt-get', ['download', ...packages], { cwd: folder })
  for (const file of readdirSync(folder).filter(name => name.endsWith('.deb')))
    await runCommand('dpkg-deb', ['--extract', join(folder, file), folder])
  if (fromCache(folder) === null) throw new Error('the packages hold no redis-server')
}

/** Complete or absent: two runs may download at the same time, and either may be interrupted. */
async function install(): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true })
  const partial = mkdtempSync(join(cacheFolder, 'download-'))
  try {
    try {
      await download(partial)
    } catch (error) {
      // Without the lists of packages, or with old ones; only root may fetch them.
      if (process.getuid?.() !== 0) throw error
      await runCommand('apt-get', ['update'])
      await download(partial)
    }
    if (!existsSync(unpacked())) renameSync(partial, unpacked())
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/** Throws STACK_PREREQUISITE when there is no redis-server and apt cannot fetch one. */
export async function findRedis(report: (line: string) => void): Promise<RedisProgram> {
  const server = inPath()
  if (server !== null) return { command: server, args: [] }
  const present = fromCache(unpacked())
  if (present !== null) return present
  report('fetching redis-server by apt (once)')
  try {
    await install()
  } catch (error) {
    const remedy =
      'install redis-server 6.2 or newer (Debian: apt install redis-server; macOS: brew install redis)'
    throw new PipelineError('STACK_PREREQUISITE', { missing: 'redis-server', remedy }, error)
  }
  return fromCache(unpacked())!
}
