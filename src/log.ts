/**
 * The log: one line an event, JSON for machines or plain text for a terminal. The only home of pino; what is worth a
 * line is decided here, from the events of events.ts. Neighbour: event-log.ts, which writes them and counts repetitions.
 */
import picocolors from 'picocolors'
import { pino } from 'pino'
import type { Config, Redactor } from './config/index.ts'
import { errorKinds, messageOf, PipelineError } from './errors.ts'
import type { EventName, Events } from './events.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
type Write = (fields: object, message: string) => void

/** What the parts see of the logger. */
export interface Log {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  isLevelEnabled(level: LogLevel): boolean
}

/** A log whose level may change while it is used. */
export interface AdjustableLog extends Log {
  level: LogLevel
}

/** Where lines go: a stream, or anything that takes text. */
export interface LogDestination {
  write(line: string): unknown
  readonly isTTY?: boolean | undefined
}

/**
 * A logger by the settings log.level and log.format; lines are written at once, so that exit loses none.
 * @param redactor what clients say may quote a secret of the configuration; missing: nothing is secret
 */
export function createLogger(
  { level, format }: Config['log'],
  destination: LogDestination = process.stdout,
  redactor?: Redactor,
): AdjustableLog {
  const isPretty = format === 'pretty' || (format === 'auto' && destination.isTTY === true)
  const colours = picocolors.createColors(destination.isTTY === true && picocolors.isColorSupported)
  const clean = (line: string): string => (redactor === undefined ? line : redactedLine(line, redactor))
  const lines = {
    write: (line: string) => destination.write(isPretty ? prettyLine(clean(line), colours) : clean(line)),
  }
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
    },
    isPretty || redactor !== undefined ? lines : destination,
  ) as AdjustableLog
}

/** Level, time and event are words of ours: a secret of the same letters does not change them. */
function redactedLine(json: string, redactor: Redactor): string {
  const { level, time, event, ...rest } = JSON.parse(json) as Record<string, unknown>
  return `${JSON.stringify({ level, time, event, ...redactor.data(rest) })}\n`
}

type Colours = ReturnType<typeof picocolors.createColors>
const levelColours = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const

/** "12:00:00.000 INFO  message key=value", a stack below. */
function prettyLine(json: string, colours: Colours): string {
  const { level, time, message, stack, ...fields } = JSON.parse(json) as Record<string, unknown>
  const name = level as LogLevel
  const facts = Object.entries(fields).map(([key, value]) => colours.dim(`${key}=`) + shown(value))
  const clock = colours.dim(String(time).slice(11, 23))
  const head = [clock, colours[levelColours[name]](name.toUpperCase().padEnd(5)), String(message)]
  return `${[...head, ...facts].join(' ')}\n${stack ? `${String(stack)}\n` : ''}`
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /[\s"]/.test(text) ? JSON.stringify(text) : text
}

/** An error as fields: what happened, its code, context, cause and remedy; the stack only at debug. */
export function errorFields(error: unknown, withStack: boolean): object {
  const known = error instanceof PipelineError ? { code: error.code, ...error.context } : {}
  // The message of ours repeats its context, which stands beside it as fields.
  const text = error instanceof PipelineError ? errorKinds[error.code].meaning : messageOf(error)
  const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : ''
  const isNew = cause !== '' && !Object.values(known).includes(cause)
  const stack = withStack && error instanceof Error ? { stack: error.stack } : {}
  const remedy = error instanceof PipelineError ? { remedy: error.remedy } : {}
  return { error: text, ...known, ...(isNew ? { cause } : {}), ...remedy, ...stack }
}

/** One of two levels, and when it is the first. */
interface Either<E> {
  readonly when: (event: E) => boolean
  readonly yes: LogLevel
  readonly no: LogLevel
}

interface Line<E> {
  readonly level: LogLevel | Either<E>
  readonly message: string
  /** What of many is concerned, each with lines of its own; missing: they are counted together. */
  readonly subject?: (event: E) => string | number
}

const placeOf = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}/${partition}`

const anomalyOf = ({ kind, service, severity }: Events['anomalies:anomaly:resolved']): string =>
  `${kind} ${service} ${severity ?? ''}`

/**
 * One row an event. What comes once a batch or a fetch is at debug. Of warnings and errors that repeat themselves the
 * first is written, the others are counted (event-log.ts).
 */
export const lines: { readonly [N in EventName]: Line<Events[N]> } = {
  'source:group:joined': { level: 'info', message: 'joined the consumer group' },
  'source:group:crashed': {
    level: { when: ({ restart }) => restart, yes: 'warn', no: 'error' },
    message: 'lost the consumer group',
  },
  'source:member:removed': {
    level: 'warn',
    message: 'signed off a member of the group whose process on this host is gone',
    subject: ({ memberId }) => memberId,
  },
  'source:topics:changed': { level: 'info', message: 'other topics are read' },
  'source:topics:seen': { level: 'debug', message: 'looked at the topics' },
  'source:topic:recreated': {
    level: 'warn',
    message: 'a topic was deleted and made anew: it begins again',
    subject: ({ topic }) => topic,
  },
  'source:partition:claimed': { level: 'info', message: 'claimed a partition' },
  'source:partition:released': { level: 'info', message: 'released a partition' },
  'source:partition:halted': { level: 'error', message: 'halted a partition', subject: placeOf },
  'source:gap:recorded': {
    level: 'error',
    message: 'passed a gap: records were deleted before they were stored',
    subject: placeOf,
  },
  'source:fetch:completed': { level: 'debug', message: 'fetched' },
  'source:batch:doubted': {
    level: 'info',
    message: 'a batch begins at another offset than expected, and is fetched again',
    subject: placeOf,
  },
  'source:fetch:failed': {
    level: 'warn',
    message: 'a request to Kafka failed',
    subject: ({ broker }) => broker,
  },
  'source:partition:refused': {
    level: 'warn',
    message: 'a broker refuses a partition; its leader is looked for',
    subject: placeOf,
  },
  'source:metadata:read': { level: 'debug', message: 'brokers answered' },
  'source:client:noted': { level: 'debug', message: 'kafkajs notes' },
  'source:client:reported': {
    level: { when: ({ isProblem }) => isProblem, yes: 'warn', no: 'info' },
    message: 'kafkajs reports',
    // Times and ports in it differ from line to line.
    subject: ({ text }) => text.replaceAll(/\d+/g, '…'),
  },
  'source:position:moved': { level: 'debug', message: 'position moved' },
  'parse:batch:completed': { level: 'debug', message: 'parsed a batch' },
  'parse:records:dropped': { level: 'debug', message: 'steps left records out' },
  'parse:step:timed': { level: 'debug', message: 'timed a step' },
  'parse:step:failed': { level: 'debug', message: 'a step failed on records; they are dead letters' },
  'parse:worker:failed': { level: 'warn', message: 'a parse worker failed' },
  'sink:transaction:committed': { level: 'debug', message: 'committed' },
  'sink:transaction:failed': {
    level: 'warn',
    message: 'a transaction failed',
    subject: ({ writer }) => writer,
  },
  'sink:writers:allowed': { level: 'info', message: 'changed how many writers may be at work' },
  'sink:row:refused': { level: 'warn', message: 'Postgres refused a row; the record is a dead letter' },
  'sink:writer:fenced': { level: 'warn', message: 'another owner has the partition', subject: placeOf },
  'store:segment:created': { level: 'info', message: 'made a segment' },
  'store:column:added': { level: 'info', message: 'added a column to logs' },
  'store:verify:completed': {
    level: { when: ({ ok }) => ok, yes: 'debug', no: 'error' },
    message: 'compared the ledger with the positions',
  },
  'store:removal:postponed': {
    level: 'warn',
    message: 'a segment is in use; it is removed later',
    subject: ({ segment }) => segment,
  },
  'store:backend:ended': { level: 'warn', message: 'ended a backend that waited for a writer that is gone' },
  'store:segment:removed': { level: 'info', message: 'removed a segment' },
  'store:index:built': { level: 'info', message: 'built an index' },
  'store:segment:sealed': { level: 'info', message: 'sealed a segment' },
  'store:storage:measured': { level: 'debug', message: 'measured the segments' },
  'store:task:completed': { level: 'debug', message: 'a storage task is done' },
  'store:task:failed': { level: 'warn', message: 'a storage task failed', subject: ({ task }) => task },
  'anomalies:anomaly:opened': { level: 'warn', message: 'found an anomaly', subject: anomalyOf },
  'anomalies:anomaly:resolved': { level: 'info', message: 'an anomaly is over' },
  'anomalies:open:counted': { level: 'debug', message: 'counted open anomalies' },
  'redis:mirror:written': { level: 'debug', message: 'wrote the mirror' },
  'redis:mirror:failed': {
    level: 'warn',
    message: 'could not write the mirror; records are stored all the same',
  },
  'intake:request:completed': { level: 'debug', message: 'took a request in' },
  'intake:request:refused': { level: 'debug', message: 'refused a request' },
  'query:cache:answered': { level: 'debug', message: 'answered from or past the cache' },
  'query:cache:filled': { level: 'debug', message: 'asked Postgres for an answer' },
  'redis:cache:failed': {
    level: 'warn',
    message: 'the cache is away; Postgres is asked each time',
  },
  'redis:cache:recovered': { level: 'debug', message: 'the cache is back' },
  'redis:announcer:failed': {
    level: 'warn',
    message: 'could not tell other processes what was committed',
  },
  'redis:announcer:recovered': { level: 'debug', message: 'other processes are told again' },
  'redis:tail:failed': {
    level: 'warn',
    message: 'no news of commits from Redis; the ledger is looked at each second',
  },
  'redis:tail:recovered': { level: 'debug', message: 'news of commits come from Redis again' },
  'query:tail:failed': {
    level: 'warn',
    message: 'could not read what was committed; followers wait',
  },
  'query:tail:recovered': { level: 'debug', message: 'what was committed can be read again' },
  'query:tail:missed': { level: 'debug', message: 'a follower missed records' },
  'query:tail:sent': { level: 'debug', message: 'sent records to a follower' },
  'http:request:answered': { level: 'debug', message: 'answered a request' },
  'http:connection:refused': {
    level: 'warn',
    message: 'closed a connection: there are http.max_connections of them',
  },
  'supervisor:child:added': { level: 'debug', message: 'began with a part' },
  'supervisor:child:restarted': { level: 'warn', message: 'restarted a part', subject: ({ child }) => child },
  'supervisor:stop:requested': { level: 'info', message: 'stopping' },
  'supervisor:stop:completed': {
    level: { when: ({ clean }) => clean, yes: 'info', no: 'warn' },
    message: 'stopped',
  },
}

/** The level at which an event is logged. */
export function levelOf<N extends EventName>(name: N, event: Events[N]): LogLevel {
  const { level } = lines[name]
  if (typeof level === 'string') return level
  return level.when(event) ? level.yes : level.no
}
