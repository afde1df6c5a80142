/**
 * Reads the import lines of TypeScript sources; test/imports.test.ts judges them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** A file relative to the repository, and what it imports: files likewise, packages by name, node: modules. */
export interface Imports {
  readonly file: string
  readonly text: string
  readonly targets: readonly string[]
}

const importPattern = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g

/** The name of the package in an import such as 'kafkajs/src/x.js' or '@scope/name/part'. */
const packageOf = (specifier: string): string =>
  specifier.startsWith('node:')
    ? specifier
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')

/** What a source imports, in its order; `file` is relative to the repository. */
export function importsOf(file: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  return [...code.matchAll(importPattern)].map(([, specifier = '']) =>
    specifier.startsWith('.') ? posix.join(dirname(file), specifier) : packageOf(specifier),
  )
}

/** Every TypeScript file below a folder of the repository, declaration files and the kernel's own language aside. */
export function readImports(root: string, folder: string): Imports[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.includes('assembly/'))
    .map(name => {
      const file = posix.join(folder, name)
      const text = readFileSync(join(root, file), 'utf8')
      return { file, text, targets: importsOf(file, text) }
    })
}
