/** The version of the program, from the one place where it is written: package.json. */
import { existsSync, readFileSync } from 'node:fs'

/** Looks upwards, since this file runs from dist/ as well as from src/. */
export function programVersion(): string {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) {
    const parent = new URL('..', folder)
    if (parent.href === folder.href) throw new Error('package.json is missing beside the program')
    folder = parent
  }
  const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version: string }
  return version
}
