/** A step as one would write it; the inverse of read.ts. For `logcollector config` and for settings as JSON. */
import { type StepConfig, type StepSchema, stepSchemas } from '../../parse/steps/schema.ts'

/** Plain data; what the table says anyway is left out. */
export function writeStep({ kind, options }: StepConfig): unknown {
  const schema: StepSchema = stepSchemas[kind]
  if (schema.whole) return { [kind]: Object.values(options)[0] }
  const written = Object.entries(options).filter(([name, value]) => {
    const option = schema.options[name]!
    return !('default' in option) || JSON.stringify(option.default) !== JSON.stringify(value)
  })
  return written.length === 0 ? kind : { [kind]: Object.fromEntries(written) }
}
