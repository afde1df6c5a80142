/**
 * What a pipeline makes of a line, step by step: the workers' own code in this process, with a look between the steps.
 * Neighbours: replay/parser.ts (the memory and the walk), table.ts (for people).
 */
import { type Config, parserSettings, stepContext } from '../../config/index.ts'
import type { ParserSettings, RecordFormat } from '../../parse/contract.ts'
import type { RecordFields } from '../../parse/record-fields.ts'
import { stepCompiler } from '../../parse/step-compiler.ts'
import type { Outcome, Step } from '../../parse/steps/step.ts'
import { LetterParser } from '../../replay/parser.ts'
import { type ColumnValue, copiedRow } from './copied-row.ts'

export interface ExplainedField {
  readonly name: string
  readonly type: string
  /** As JSON. */
  readonly value: string
}

export interface ExplainedStep {
  readonly kind: string
  readonly outcome: Outcome | 'failed'
  readonly microseconds: number
  /** What it set, changed (before and after, as JSON) or took away (null). */
  readonly changes: readonly {
    readonly name: string
    readonly before: string | null
    readonly after: string | null
  }[]
}

export interface Explanation {
  readonly pipeline: string
  readonly format: string
  /** Before the first step; a column's under its name. */
  readonly fields: readonly ExplainedField[]
  readonly steps: readonly ExplainedStep[]
  /** Null: there is none, for this reason. */
  readonly row: Readonly<Record<string, ColumnValue>> | null
  readonly reason: string | null
}

const PLACE = { topicId: 0, partition: 0, offset: 0, key: null, headers: null, encoded: null }

export class Explainer {
  private readonly settings: ParserSettings
  private readonly parser: LetterParser
  private fields: ReadonlyMap<string, string> = new Map()
  private steps: ExplainedStep[] = []

  private constructor(settings: ParserSettings, compiled: readonly Step[]) {
    this.settings = settings
    const look: Step = {
      kind: 'look',
      run: fields => {
        this.fields = (fields as RecordFields).entries()
        return 'keep'
      },
    }
    const steps = [look, ...compiled.map(step => this.watched(step))]
    const watched = { ...settings, steps: steps.map(({ kind }) => ({ kind, options: null })) }
    this.parser = new LetterParser(
      [watched],
      () => 0,
      () => steps,
    )
  }

  /** @param pipeline its number; @param format in place of the pipeline's, and without its steps; null: as it is */
  static async create(config: Config, pipeline: number, format: RecordFormat | null): Promise<Explainer> {
    const whole = parserSettings(config)[pipeline]!
    const settings = format === null ? whole : { ...whole, format, steps: [] }
    const compile = await stepCompiler([settings], stepContext(config))
    return new Explainer(settings, compile(settings.steps))
  }

  explain(line: string): Explanation {
    this.fields = new Map()
    this.steps = []
    const parsed = this.parser.parse({ ...PLACE, topic: '', kafkaMs: Date.now(), raw: Buffer.from(line) })
    const row = 'row' in parsed ? copiedRow(parsed.row.copy, this.settings.columns) : null
    return {
      pipeline: this.settings.name,
      format: this.settings.format,
      fields: [...this.fields].map(([name, value]) => ({ name, type: typeOf(value), value })),
      steps: this.steps,
      row,
      reason: 'reason' in parsed ? parsed.reason : null,
    }
  }

  private watched(step: Step): Step {
    const { kind } = step
    return {
      kind,
      run: fields => {
        const before = (fields as RecordFields).entries()
        const startedAt = performance.now()
        let outcome: ExplainedStep['outcome'] = 'failed'
        try {
          outcome = step.run(fields)
          return outcome
        } finally {
          const microseconds = Math.round((performance.now() - startedAt) * 1000)
          const after = (fields as RecordFields).entries()
          this.steps.push({ kind, outcome, microseconds, changes: changesBetween(before, after) })
        }
      },
    }
  }
}

function changesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): ExplainedStep['changes'] {
  const names = [...new Set([...before.keys(), ...after.keys()])]
  return names
    .map(name => ({ name, before: before.get(name) ?? null, after: after.get(name) ?? null }))
    .filter(change => change.before !== change.after)
}

function typeOf(json: string): string {
  const first = json[0]!
  if (first === '"') return 'text'
  if (first === '{') return 'object'
  if (first === '[') return 'array'
  if (json === 'null') return 'null'
  return json === 'true' || json === 'false' ? 'boolean' : 'number'
}
