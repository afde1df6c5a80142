/**
 * The generated parts of the documentation: each stands between two markers in README.md or a page of docs/.
 * generate.ts writes them, drift.test.ts compares them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { chartFiles } from '../../native-bench/charts/list.ts'
import { pipelineChart } from '../../native-bench/readme-figures.ts'
import { benchmarksPage } from '../../native-bench/render.ts'
import { boardsTable, observabilityFiles } from '../../observability/boards/index.ts'
import { exitCodesTable } from '../../src/cli/exit-codes.ts'
import { createProgram } from '../../src/cli/program.ts'
import { exampleYaml, settingsTable } from '../../src/config/render.ts'
import { errorKinds } from '../../src/errors.ts'
import { metricsTable } from '../../src/metrics/catalogue.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { eventsTable } from './events-section.ts'
import { faultsPage } from './faults-page.ts'
import { stepsReference } from './steps-section.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** docs/errors.md: every error with its meaning and remedy. */
function errorsTable(): string {
  const rows = Object.entries(errorKinds).map(([code, { retryable, meaning, remedy }]) =>
    [`\`${code}\``, retryable ? 'yes' : 'no', meaning, remedy].map(cell).join(' | '),
  )
  return [
    '| Code | Retried | Meaning | Remedy |',
    '|---|---|---|---|',
    ...rows.map(row => `| ${row} |`),
  ].join('\n')
}

/** The program as the documentation shows it; it writes nowhere. */
export const documentedProgram = (): Command =>
  createProgram({ out: () => undefined, note: () => undefined, exitCode: 0, redactor: null })

/** docs/cli.md: every command with its options. */
function commandsReference(): string {
  return documentedProgram()
    .commands.flatMap(command => (command.commands.length === 0 ? [command] : [...command.commands]))
    .map(command => {
      const options = command.options.map(
        ({ flags, description, argChoices }) =>
          `| \`${flags}\` | ${cell(description)}${argChoices ? `: ${argChoices.join(' or ')}` : ''} |`,
      )
      const head = [`### logcollector ${pathOf(command)}`, '', `${sentence(command.description())}`]
      return [...head, '', '| Option | Meaning |', '|---|---|', ...options].join('\n')
    })
    .join('\n\n')
}

/** Its name behind those of the commands above it, such as "dead-letters list". */
const pathOf = (command: Command): string =>
  command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`

/** What stands between `<!-- generated: name -->` and `<!-- end of name -->`. */
export const sections: Readonly<Record<string, () => string>> = {
  settings: settingsTable,
  errors: errorsTable,
  metrics: metricsTable,
  boards: boardsTable,
  commands: commandsReference,
  'exit codes': exitCodesTable,
  'pipeline figures': pipelineChart,
  steps: stepsReference,
  events: eventsTable,
}

/** Files that are generated whole. */
export const generatedFiles: Readonly<Record<string, () => string>> = {
  'logcollector.example.yaml': exampleYaml,
  'BENCHMARKS.md': benchmarksPage,
  'docs/faults.md': faultsPage,
  ...chartFiles(),
  ...observabilityFiles,
}

/** README.md and the pages of docs/, from the root of the repository. */
export function documentationPages(): readonly string[] {
  const pages = readdirSync(join(repositoryRoot, 'docs')).filter(name => name.endsWith('.md'))
  return ['README.md', ...pages.map(name => `docs/${name}`)]
}

export const readPage = (page: string): string => readFileSync(join(repositoryRoot, page), 'utf8')

const marked = /<!-- generated: ([^>]+?) -->\n([\s\S]*?)\n?<!-- end of \1 -->/g

/** Names of the sections that a page holds. */
export const sectionsOf = (text: string): readonly string[] =>
  [...text.matchAll(marked)].map(([, name]) => name!)

/** The page with every section made anew. Throws on a name that nobody generates. */
export const regenerated = (text: string): string =>
  text.replace(marked, (_, name: string) => {
    const render = sections[name]
    if (!render) throw new Error(`nothing generates "${name}"`)
    return `<!-- generated: ${name} -->\n\n${render()}\n\n<!-- end of ${name} -->`
  })
