/** Parts of the schemas that several routes share: parameters, records, errors. OpenAPI shows them as they are. */

/** Any text that Postgres can hold. */
export const text = (description: string, maxLength = 256) =>
  ({ type: 'string', maxLength, pattern: '^[^\\u0000]*$', description }) as const
export const whole = (description: string, minimum: number, maximum: number) =>
  ({ type: 'integer', minimum, maximum, description }) as const

export const timeProperties = {
  from: text(
    'From this time on: ISO 8601 (UTC where it names no zone), or seconds or milliseconds since 1970',
    40,
  ),
  to: text('Before this time, written the same', 40),
  since: text('Instead of from: so long ago (90s, 15m, 2h, 7d, 4w)', 40),
} as const

export const rollupProperties = {
  service: {
    type: 'array',
    maxItems: 20,
    items: text(''),
    description: 'Of this service, or of any of these; empty: of none',
  },
  severity: text(
    'trace, debug, info, warn, error, fatal: any of its four numbers; or one number from 0 to 24',
    20,
  ),
  min_severity: text('This severity or a higher one', 20),
  topic: text('From this topic'),
} as const

export const filterProperties = {
  ...rollupProperties,
  host: text('Of this host'),
  trace_id: text('Of this trace'),
  q: { ...text('Part of the message, in any case', 512), minLength: 1 },
} as const

export const explainProperty = {
  explain: {
    type: 'string',
    enum: ['', 'true', 'false'],
    description: 'Also return the SQL and the plans; needs the scope admin',
  },
} as const

/** attr.<path>=<value>, column.<name>=<value>. */
const attributes = { '^(attr|column)\\.[^\\u0000]{1,256}$': text('', 1024) }

/** Nothing but these; a name that is mistyped must not filter nothing. */
export const query = (properties: object) =>
  ({ type: 'object', additionalProperties: false, maxProperties: 40, properties }) as const
export const filterQuery = (properties: object) =>
  ({
    ...query({ ...timeProperties, ...filterProperties, ...properties }),
    patternProperties: attributes,
  }) as const

/** Of what is to come: no time. */
export const tailQuery = {
  ...query({
    ...filterProperties,
    last_event_id: { type: 'string', maxLength: 200_000, description: 'As the header Last-Event-ID' },
  }),
  patternProperties: attributes,
} as const

const orNull = (type: string) => ({ type: [type, 'null'] })
export const record = {
  type: 'object',
  properties: {
    ts: { type: 'string' },
    severity: { type: 'integer' },
    severity_text: { type: 'string' },
    service: orNull('string'),
    host: orNull('string'),
    trace_id: orNull('string'),
    span_id: orNull('string'),
    message: orNull('string'),
    attrs: {},
    columns: { type: 'object', additionalProperties: true },
    topic: { type: 'string' },
    partition: { type: 'integer' },
    offset: { type: 'integer' },
  },
} as const
export const records = { type: 'array', items: record } as const

/** An answer of these properties, and what else it may hold (explain). */
export const answer = (description: string, properties: object) => ({
  200: { description, type: 'object', additionalProperties: true, properties },
  default: {
    description: 'What is wrong, and the way out',
    type: 'object',
    properties: {
      error: {
        type: 'object',
        properties: {
          code: { type: 'string', description: 'As in docs/errors.md' },
          message: { type: 'string' },
          remedy: { type: 'string' },
        },
      },
    },
  },
})

export const positionParams = {
  type: 'object',
  properties: {
    topic: text('Its topic', 249),
    partition: whole('Its partition', 0, 2_147_483_647),
    offset: whole('Its offset', 0, Number.MAX_SAFE_INTEGER),
  },
} as const
