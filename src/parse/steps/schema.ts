/**
 * The one table of steps and their options: what may be written, what it means, what counts if it is not written.
 * src/config/steps reads YAML by it, the types of the configuration follow from it, and so does docs/pipelines.md.
 */

interface Common {
  readonly help: string
}
interface Required {
  readonly required: true
}

/** A list may be written as one text; a map has texts, `values` has texts, numbers, true, false and null. */
export type Option = Common &
  (
    | { readonly type: 'text'; readonly default: string }
    | (Required & { readonly type: 'text' })
    | { readonly type: 'list'; readonly default: readonly string[] }
    | (Required & { readonly type: 'list' })
    | { readonly type: 'map'; readonly default: Readonly<Record<string, string>> }
    | (Required & { readonly type: 'map' | 'values' })
    | { readonly type: 'choice'; readonly values: readonly string[]; readonly default: string }
    | { readonly type: 'choices'; readonly values: readonly string[]; readonly default: readonly string[] }
  )

export interface StepSchema {
  readonly help: string
  /** The option that is meant where a step has no names of options below it. */
  readonly short: string | null
  /** All that is written below the step is this one option. */
  readonly whole?: true
  readonly options: Readonly<Record<string, Option>>
}

const safety = {
  engine: {
    type: 'choice',
    values: ['native', 're2'],
    default: 'native',
    help: '`native` is the faster one; `re2` takes linear time whatever the text, and knows no lookaround and no backreference.',
  },
  unsafe: {
    type: 'choice',
    values: ['forbid', 'allow'],
    default: 'forbid',
    help: '`allow` takes a pattern although some text can make it take very long.',
  },
} as const

const matching = {
  field: { type: 'text', default: 'message', help: 'The field that is matched.' },
  on_no_match: {
    type: 'choice',
    values: ['keep', 'drop', 'tag'],
    default: 'keep',
    help: 'What becomes of a record that no pattern matches.',
  },
  ...safety,
} as const

const condition = {
  if: { type: 'text', required: true, help: 'An expression: see below.' },
  ...safety,
} as const

export const stepSchemas = {
  regex: {
    help: 'Makes fields of the named groups of a regular expression, such as `(?<status:int>\\d+)`.',
    short: 'pattern',
    options: {
      pattern: { type: 'list', required: true, help: 'Regular expressions; the first that matches counts.' },
      ...matching,
      tag: { type: 'text', default: '_regex_no_match', help: 'What `tag` adds to the field `tags`.' },
    },
  },
  grok: {
    help: 'The same with named patterns, as in Logstash: `%{IP:client}`, `%{NUMBER:bytes:int}`.',
    short: 'pattern',
    options: {
      pattern: { type: 'list', required: true, help: 'Patterns; the first that matches counts.' },
      patterns: { type: 'map', default: {}, help: 'Patterns of your own by name.' },
      ...matching,
      tag: { type: 'text', default: '_grok_no_match', help: 'What `tag` adds to the field `tags`.' },
    },
  },
  rename: {
    help: 'Gives fields other names; what the new name held is replaced.',
    short: null,
    whole: true,
    options: { fields: { type: 'map', required: true, help: 'Old name: new name.' } },
  },
  set: {
    help: 'Gives fields a value.',
    short: null,
    whole: true,
    options: {
      fields: {
        type: 'values',
        required: true,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the syntax that is spoken of
        help: 'Name: value. `${name}` in a text stands for that field, `$${` for `${` itself.',
      },
    },
  },
  remove: {
    help: 'Takes fields away.',
    short: 'fields',
    options: { fields: { type: 'list', required: true, help: 'Names.' } },
  },
  drop: { help: 'Leaves out the records for which the expression holds.', short: 'if', options: condition },
  keep: { help: 'Leaves out the records for which it does not hold.', short: 'if', options: condition },
  redact: {
    help: 'Makes secrets and personal data unreadable.',
    short: 'kinds',
    options: {
      kinds: {
        type: 'choices',
        values: ['email', 'card', 'token', 'ip'],
        default: ['email', 'card', 'token', 'ip'],
        help: 'E-mail addresses; numbers of payment cards; bearer tokens, API keys and what follows `password=`; IPv4 and IPv6 addresses.',
      },
      in: {
        type: 'list',
        default: ['message', 'attrs'],
        help: 'Names of fields; `attrs` is all attributes. A number, object or array in which something was found becomes a text.',
      },
      mode: {
        type: 'choice',
        values: ['mask', 'hash', 'remove'],
        default: 'mask',
        help: '`mask` writes `[email]`; `hash` writes `[email:16 hex digits]` by HMAC-SHA256 under `parse.redact_key`, so equal values stay equal; `remove` writes nothing.',
      },
    },
  },
  useragent: {
    help: 'Reads browser, system and device from a User-Agent header.',
    short: 'field',
    options: {
      field: { type: 'text', default: 'user_agent', help: 'The field with the header.' },
      target: { type: 'text', default: 'ua', help: 'Written before the new names, with a dot.' },
    },
  },
  geoip: {
    help: 'Looks up an IP address in a database file of the MaxMind format (.mmdb), which you provide.',
    short: null,
    options: {
      database: { type: 'text', required: true, help: 'Path of the file; read at the start.' },
      field: { type: 'text', default: 'client.address', help: 'The field with the address.' },
      target: { type: 'text', default: 'geo', help: 'Written before the new names, with a dot.' },
    },
  },
  severity: {
    help: 'Infers the severity from words such as `ERROR`, `[warn]` or `panic:` in a text, if the record has none.',
    short: 'field',
    options: { field: { type: 'text', default: 'message', help: 'The text.' } },
  },
} as const satisfies Record<string, StepSchema>

export type StepKind = keyof typeof stepSchemas
export const stepKinds = Object.keys(stepSchemas) as readonly StepKind[]

type ValueOf<O> = O extends { type: 'choice'; values: readonly (infer V)[] }
  ? V
  : O extends { type: 'choices'; values: readonly (infer V)[] }
    ? readonly V[]
    : O extends { type: 'list' }
      ? readonly string[]
      : O extends { type: 'map' }
        ? Readonly<Record<string, string>>
        : O extends { type: 'values' }
          ? Readonly<Record<string, string | number | boolean | null>>
          : string

/** The options of a kind, defaults filled in. */
export type OptionsOf<K extends StepKind> = {
  readonly [O in keyof (typeof stepSchemas)[K]['options']]: ValueOf<(typeof stepSchemas)[K]['options'][O]>
}

/** One step of a pipeline as configured: plain data that can be sent to a thread. */
export type StepConfig = {
  [K in StepKind]: { readonly kind: K; readonly options: OptionsOf<K> }
}[StepKind]
