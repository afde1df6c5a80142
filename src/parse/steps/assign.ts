/** The steps that move values about: `rename`, `set` and `remove`. */
import { type CompiledStep, noCounts } from './compiled.ts'
import { StepProblem } from './problem.ts'
import type { OptionsOf } from './schema.ts'
import type { Fields, FieldValue } from './step.ts'
import { compileTemplate, unescapeTemplate } from './template.ts'

const step = (kind: string, change: (fields: Fields) => void): CompiledStep => ({
  kind,
  counts: noCounts,
  patterns: [],
  run: fields => {
    change(fields)
    return 'keep'
  },
})

/** In the order written; values keep their types. A name that the record lacks changes nothing. */
export function compileRename(options: OptionsOf<'rename'>): CompiledStep {
  const pairs = Object.entries(options.fields)
  const same = pairs.find(([from, to]) => from === to)
  if (same) throw new StepProblem(`fields.${same[0]}`, 'is renamed to itself; write another name')
  return step('rename', fields => {
    for (const [from, to] of pairs) fields.rename(from, to)
  })
}

/** In the order written; a template reads what those before it have set. A field that is not there is an empty text. */
export function compileSet(options: OptionsOf<'set'>): CompiledStep {
  const changes = Object.entries(options.fields).map(([name, value]) => assignment(name, value))
  return step('set', fields => {
    for (const change of changes) change(fields)
  })
}

function assignment(name: string, value: FieldValue): (fields: Fields) => void {
  if (typeof value !== 'string') return fields => fields.set(name, value)
  const template = compileTemplate(value, `fields.${name}`)
  if (template) return fields => fields.set(name, template(fields))
  const constant = unescapeTemplate(value)
  return fields => fields.set(name, constant)
}

export const compileRemove = ({ fields: names }: OptionsOf<'remove'>): CompiledStep =>
  step('remove', fields => {
    for (const name of names) fields.remove(name)
  })
