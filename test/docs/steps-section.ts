/** The reference of the steps in docs/pipelines.md, from their table. Neighbour: sections.ts. */
import { type Option, type StepSchema, stepKinds, stepSchemas } from '../../src/parse/steps/schema.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')

function accepts(option: Option): string {
  switch (option.type) {
    case 'choice':
      return option.values.map(value => `\`${value}\``).join(', ')
    case 'choices':
      return `a list of ${option.values.map(value => `\`${value}\``).join(', ')}`
    case 'list':
      return 'a text or a list'
    case 'map':
      return 'name: text'
    case 'values':
      return 'name: value'
    case 'text':
      return 'a text'
  }
}

function defaultOf(option: Option): string {
  if (!('default' in option)) return 'must be written'
  if (typeof option.default === 'string') return `\`${option.default}\``
  const items = Array.isArray(option.default) ? option.default : Object.keys(option.default)
  return items.length === 0 ? 'none' : `\`${items.join(', ')}\``
}

function rowsOf(kind: string, schema: StepSchema): readonly string[] {
  return Object.entries(schema.options).map(([name, option]) => {
    const shown = schema.whole
      ? '(what stands below)'
      : `\`${name}\`${name === schema.short ? ' (short)' : ''}`
    return `| \`${kind}\` | ${[shown, accepts(option), defaultOf(option), option.help].map(cell).join(' | ')} |`
  })
}

/** What each step does, then one row for each option. */
export function stepsReference(): string {
  const kinds = stepKinds.map(kind => `| \`${kind}\` | ${cell(stepSchemas[kind].help)} |`)
  const rows = stepKinds.flatMap(kind => rowsOf(kind, stepSchemas[kind]))
  return [
    '| Step | |',
    '|---|---|',
    ...kinds,
    '',
    '| Step | Option | Takes | Default | Meaning |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
