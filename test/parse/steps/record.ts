/** A record for the tests of steps: `Fields` over a plain object, the obvious way. */
import type { Fields, FieldValue, StepContext } from '../../../src/parse/steps/index.ts'
import { compileStep } from '../../../src/parse/steps/index.ts'
import {
  type OptionsOf,
  type StepConfig,
  type StepKind,
  stepSchemas,
} from '../../../src/parse/steps/schema.ts'

export const columns = ['ts', 'severity', 'service', 'host', 'trace_id', 'span_id', 'message']

export class RecordFields implements Fields {
  /** Columns and attributes by name. */
  readonly values: Record<string, unknown>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = structuredClone(values)
  }

  text(name: string): string | null {
    const value = this.find(name)
    if (value === undefined || value === null) return null
    return typeof value === 'string' ? value : JSON.stringify(value)
  }

  set(name: string, value: FieldValue): void {
    this.values[name] = value
  }

  rename(from: string, to: string): boolean {
    const value = this.find(from)
    if (value === undefined || value === null) return false
    this.remove(from)
    this.values[to] = value
    return true
  }

  remove(name: string): void {
    delete this.values[name]
  }

  names(): readonly string[] {
    return Object.keys(this.values).filter(name => !columns.includes(name))
  }

  private find(name: string): unknown {
    if (Object.hasOwn(this.values, name)) return this.values[name]
    let node: unknown = this.values
    for (const part of name.split('.')) {
      if (typeof node !== 'object' || node === null || !Object.hasOwn(node, part)) return undefined
      node = (node as Record<string, unknown>)[part]
    }
    return node
  }
}

export const context: StepContext = { maxMatchChars: 1000, redactKey: 'k', databases: new Map() }

/** A step's configuration, what is not given as the table says. */
export function configOf<K extends StepKind>(kind: K, options: Partial<OptionsOf<K>>): StepConfig {
  const defaults = Object.entries(stepSchemas[kind].options).flatMap(([name, option]) =>
    'default' in option ? [[name, option.default] as const] : [],
  )
  return { kind, options: { ...Object.fromEntries(defaults), ...options } } as unknown as StepConfig
}

export const stepOf = <K extends StepKind>(kind: K, options: Partial<OptionsOf<K>>, of = context) =>
  compileStep(configOf(kind, options), of)

/** What a step makes of a record; null: it is dropped. */
export function after<K extends StepKind>(
  kind: K,
  options: Partial<OptionsOf<K>>,
  record: Readonly<Record<string, unknown>>,
  of = context,
): Readonly<Record<string, unknown>> | null {
  const fields = new RecordFields(record)
  return stepOf(kind, options, of).run(fields) === 'keep' ? fields.values : null
}
