/**
 * The log: one line an event, JSON for machines or plain text for a terminal. The only home of pino; what is
 * worth a line is decided here, from the events of events.ts.
 */
import picocolors from 'picocolors'
import { pino } from 'pino'
import type { Config } from './config/index.ts'
import { errorKinds, messageOf, PipelineError } from './errors.ts'
import type { EventName, Events } from './events.ts'
import { Repetition } from './supervisor/repetition.ts'

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

/** A logger by the settings log.level and log.format; lines are written at once, so that exit loses none. */
export function createLogger(
  { level, format }: Config['log'],
  destination: LogDestination = process.stdout,
): AdjustableLog {
  const isPretty = format === 'pretty' || (format === 'auto' && destination.isTTY === true)
  const colours = picocolors.createColors(destination.isTTY === true && picocolors.isColorSupported)
  const pretty = { write: (line: string) => destination.write(prettyLine(line, colours)) }
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
    },
    isPretty ? pretty : destination,
  ) as AdjustableLog
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

interface Line<E> {
  readonly level: LogLevel | ((event: E) => LogLevel)
  readonly message: string
  /** Tried again for ever: the same failure is written once a minute, and at debug meanwhile. */
  readonly isRepetitive?: true
}

/** One row an event. What comes once a batch or a fetch is at debug. */
const lines: { readonly [N in EventName]: Line<Events[N]> } = {
  'source:group:joined': { level: 'info', message: 'joined the consumer group' },
  'source:group:crashed': {
    level: ({ restart }) => (restart ? 'warn' : 'error'),
    message: 'lost the consumer group',
  },
  'source:topics:changed': { level: 'info', message: 'other topics are read' },
  'source:topic:recreated': { level: 'warn', message: 'a topic was deleted and made anew: it begins again' },
  'source:partition:claimed': { level: 'info', message: 'claimed a partition' },
  'source:partition:released': { level: 'info', message: 'released a partition' },
  'source:partition:halted': { level: 'error', message: 'halted a partition' },
  'source:gap:recorded': {
    level: 'error',
    message: 'passed a gap: records were deleted before they were stored',
  },
  'source:fetch:completed': { level: 'debug', message: 'fetched' },
  'source:batch:doubted': {
    level: 'info',
    message: 'a batch begins at another offset than expected, and is fetched again',
  },
  'source:fetch:failed': { level: 'warn', message: 'a request to Kafka failed', isRepetitive: true },
  'source:position:moved': { level: 'debug', message: 'position moved' },
  'parse:batch:completed': { level: 'debug', message: 'parsed a batch' },
  'parse:records:dropped': { level: 'debug', message: 'steps left records out' },
  'parse:worker:failed': { level: 'warn', message: 'a parse worker failed' },
  'sink:transaction:committed': { level: 'debug', message: 'committed' },
  'sink:transaction:failed': { level: 'warn', message: 'a transaction failed' },
  'sink:writers:allowed': { level: 'info', message: 'changed how many writers may be at work' },
  'sink:row:refused': { level: 'warn', message: 'Postgres refused a row; the record is a dead letter' },
  'sink:writer:fenced': { level: 'warn', message: 'another owner has the partition' },
  'store:segment:created': { level: 'info', message: 'made a segment' },
  'store:column:added': { level: 'info', message: 'added a column to logs' },
  'store:verify:completed': {
    level: ({ ok }) => (ok ? 'debug' : 'error'),
    message: 'compared the ledger with the positions',
  },
  'store:removal:postponed': { level: 'warn', message: 'a segment is in use; it is removed later' },
  'store:backend:ended': { level: 'warn', message: 'ended a backend that waited for a writer that is gone' },
  'store:segment:removed': { level: 'info', message: 'removed a segment' },
  'store:index:built': { level: 'info', message: 'built an index' },
  'store:segment:sealed': { level: 'info', message: 'sealed a segment' },
  'store:storage:measured': { level: 'debug', message: 'measured the segments' },
  'store:task:failed': { level: 'warn', message: 'a storage task failed' },
  'redis:mirror:written': { level: 'debug', message: 'wrote the mirror' },
  'redis:mirror:failed': {
    level: ({ isNew }) => (isNew ? 'warn' : 'debug'),
    message: 'could not write the mirror; records are stored all the same',
  },
  'redis:mirror:recovered': { level: 'info', message: 'the mirror is written' },
  'intake:request:completed': { level: 'debug', message: 'took a request in' },
  'intake:request:refused': { level: 'debug', message: 'refused a request' },
  'query:cache:answered': { level: 'debug', message: 'answered from or past the cache' },
  'redis:cache:failed': {
    level: 'warn',
    message: 'the cache is away; Postgres is asked each time',
    isRepetitive: true,
  },
  'redis:announcer:failed': {
    level: 'warn',
    message: 'could not tell other processes what was committed',
    isRepetitive: true,
  },
  'redis:tail:failed': {
    level: 'warn',
    message: 'no news of commits from Redis; the ledger is looked at each second',
    isRepetitive: true,
  },
  'query:tail:failed': {
    level: 'warn',
    message: 'could not read what was committed; followers wait',
    isRepetitive: true,
  },
  'query:tail:missed': { level: 'debug', message: 'a follower missed records' },
  'supervisor:child:restarted': { level: 'warn', message: 'restarted a part' },
  'supervisor:stop:requested': { level: 'info', message: 'stopping' },
  'supervisor:stop:completed': {
    level: ({ clean }) => (clean ? 'info' : 'warn'),
    message: 'stopped',
  },
}

/** The level at which an event is logged. */
export function levelOf<N extends EventName>(name: N, event: Events[N]): LogLevel {
  const { level } = lines[name]
  return typeof level === 'string' ? level : level(event)
}

/** The listener that writes events to the log. */
export function logEvents(log: Log): <N extends EventName>(name: N, event: Events[N]) => void {
  const said = new Repetition()
  return (name, event) => {
    const isDebug = log.isLevelEnabled('debug')
    const level = levelOf(name, event)
    if (level === 'debug' && !isDebug) return
    const { error, ...rest } = event as { error?: unknown }
    const isRepeated = lines[name].isRepetitive === true && said.isRepeated(`${name} ${messageOf(error)}`)
    const chosen = isRepeated ? 'debug' : level
    if (chosen === 'debug' && !isDebug) return
    const failure = error === undefined ? {} : errorFields(error, isDebug)
    log[chosen]({ event: name, ...rounded(rest), ...failure }, lines[name].message)
  }
}

/** Times are measured to the nanosecond, which nobody reads. */
const rounded = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' ? Math.round(value * 1000) / 1000 : value,
    ]),
  )
