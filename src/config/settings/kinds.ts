/** The kinds of settings: what a row of the table says. values.ts reads each kind, render.ts writes it. */

interface Common {
  /** One sentence for people. */
  readonly help: string
  /** Never shown, not even in errors; may also come from a file named by LOGCOLLECTOR_…_FILE. */
  readonly secret?: true
}

/** A value that follows from others or from the machine when nobody sets it; says how. */
interface Derived {
  readonly derived: string
}

/** The default as one would write it; the same parser reads it. */
interface Fixed {
  readonly default: string
}

/** What one value, or one item of a list, must look like. */
export interface Shape {
  readonly pattern: RegExp
  readonly accepts: string
}

interface Bounds {
  readonly min: string
  readonly max: string
}

export type StringSetting = Common & Fixed & { readonly type: 'string'; readonly shape?: Shape }
export type ListSetting = Common &
  Fixed & {
    readonly type: 'list'
    readonly minItems: number
    readonly maxItems: number
    readonly shape: Shape
  }
export type NumberSetting = Common &
  Bounds &
  (Fixed | Derived) & { readonly type: 'int' | 'bytes' | 'duration' }
export type EnumSetting = Common & Fixed & { readonly type: 'enum'; readonly values: readonly string[] }
export type BoolSetting = Common & Fixed & { readonly type: 'bool' }
export type StartSetting = Common & Fixed & { readonly type: 'start' }
export type UrlSetting = Common &
  Fixed & {
    readonly type: 'url'
    readonly schemes: readonly string[]
    /** The empty text is a value too: the service is not used. */
    readonly optional?: true
    /** Hosts separated by commas, as libpq has them. */
    readonly severalHosts?: true
  }
/** Columns of logs: config/columns.ts. */
export type ColumnsSetting = Common & Fixed & { readonly type: 'columns' }
/** Pipelines: config/pipelines.ts. */
export type PipelinesSetting = Common & Fixed & { readonly type: 'pipelines' }
export type Setting =
  | StringSetting
  | ListSetting
  | NumberSetting
  | EnumSetting
  | BoolSetting
  | StartSetting
  | UrlSetting
  | ColumnsSetting
  | PipelinesSetting
