/** Writes the generated parts of the documentation anew: `npm run docs`. What they are is in sections.ts. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryRoot } from '../../stack/paths.ts'
import { documentationPages, generatedFiles, readPage, regenerated } from './sections.ts'

function write(file: string, text: string): void {
  if (existsSync(join(repositoryRoot, file)) && readPage(file) === text) return
  mkdirSync(dirname(join(repositoryRoot, file)), { recursive: true })
  writeFileSync(join(repositoryRoot, file), text)
  console.log(`wrote ${file}`)
}

for (const page of documentationPages())
  if (existsSync(join(repositoryRoot, page))) write(page, regenerated(readPage(page)))
for (const [file, render] of Object.entries(generatedFiles)) write(file, render())
