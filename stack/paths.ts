/**
 * Where the repository is and where the stack keeps what it downloads and what it runs on.
 * Used by every file of stack/ and by the test runner.
 */
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { guard } from './guard.ts'

function findRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package-lock.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('The stack runs from a clone of the repository only')
    folder = parent
  }
  return folder
}

/** The folder of package-lock.json, whether this file runs from stack/ or from dist/stack/. */
export const repositoryRoot = findRoot()

/** Downloads, shared by all runs; git ignores it. */
export const cacheFolder = join(repositoryRoot, '.stack')

/** A new folder for the data of one instance, under the system's temporary folder; removed when this process ends. */
export function createDataFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `logcollector-${name}-`))
  guard({ folder })
  return folder
}
