/**
 * Writes events to the log without a flood: of what fails again and again the first is a line at once, then lines that
 * count, then one when it works again. Neighbours: log.ts (levels and texts), supervisor/repetition.ts (when to speak).
 */
import { PipelineError } from './errors.ts'
import type { EventName, Events } from './events.ts'
import { errorFields, type Log, type LogLevel, levelOf, lines } from './log.ts'
import { type Failure, Repetition, type Said } from './supervisor/repetition.ts'

type Subject<N extends EventName> = (event: Events[N]) => string | number

interface Ending<N extends EventName> {
  readonly of: EventName
  readonly subject?: Subject<N>
  /** Missing: that of the success itself. */
  readonly message?: string
}

/** Requests that name no broker fail as those of this one. */
const ANY_BROKER = -1

/** Successes that put an end to failures: the line about it is called as the failure, with `recovered` at its end. */
export const endings: { readonly [N in EventName]?: Ending<N> } = {
  'source:group:joined': { of: 'source:group:crashed', message: 'the group takes us again' },
  'source:fetch:completed': {
    of: 'source:fetch:failed',
    subject: ({ broker }) => broker,
    message: 'a broker answers again',
  },
  'source:metadata:read': {
    of: 'source:fetch:failed',
    subject: () => ANY_BROKER,
    message: 'a broker answers again',
  },
  'sink:transaction:committed': {
    of: 'sink:transaction:failed',
    subject: ({ writer }) => writer,
    message: 'transactions are committed again',
  },
  'store:task:completed': {
    of: 'store:task:failed',
    subject: ({ task }) => task,
    message: 'a storage task succeeds again',
  },
  'redis:mirror:written': { of: 'redis:mirror:failed', message: 'the mirror is written again' },
  'redis:cache:recovered': { of: 'redis:cache:failed' },
  'redis:announcer:recovered': { of: 'redis:announcer:failed' },
  'redis:tail:recovered': { of: 'redis:tail:failed' },
  'query:tail:recovered': { of: 'query:tail:failed' },
}

/** The name of the line about the end of a failure, such as source:fetch:recovered. */
export const recoveryName = (failing: EventName): string => failing.replace(/[^:]+$/, 'recovered')

/** Who tells the time and wakes us; both may be a test's. */
export interface LogClock {
  readonly nowMs: () => number
  /** Calls back once after so many ms, and keeps no process alive for it. Returns what takes it back. */
  readonly after: (ms: number, run: () => void) => () => void
}

const realClock: LogClock = {
  nowMs: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
}

interface Fact {
  readonly name: EventName
  readonly event: Events[EventName]
  readonly level: LogLevel
}

export interface EventLog {
  /** The listener for createEvents. */
  readonly listen: <N extends EventName>(name: N, event: Events[N]) => void
  /** Writes what was counted and not said; no more of it is written later. */
  close(): void
}

/** Writes events to the log, those at debug only where it takes them. */
export function createEventLog(log: Log, clock: LogClock = realClock): EventLog {
  const repetition = new Repetition<Fact>()
  let isClosed = false
  let cancel: (() => void) | null = null
  const write = ({ fact: { name, event, level }, times }: Said<Fact>): void => {
    const { error, ...rest } = event as { error?: unknown }
    const failure = error === undefined ? {} : errorFields(error, log.isLevelEnabled('debug'))
    const count = times > 1 ? { times } : {}
    log[level]({ event: name, ...rounded(rest), ...failure, ...count }, lines[name].message)
  }
  const wake = (): void => {
    cancel = null
    for (const said of repetition.due(clock.nowMs())) write(said)
    arm()
  }
  const arm = (): void => {
    const at = repetition.nextDueAt
    if (at !== null && cancel === null && !isClosed)
      cancel = clock.after(Math.max(0, at - clock.nowMs()), wake)
  }
  const worked = <N extends EventName>(name: N, event: Events[N]): void => {
    const ending: Ending<N> | undefined = endings[name]
    if (ending === undefined) return
    const { of, subject, message = lines[name].message } = ending
    const which = textOf(subject?.(event))
    const recovery = repetition.worked({ group: of, subject: which }, clock.nowMs())
    if (recovery === null) return
    const facts = { ...(which === '' ? {} : { subject: which }), ...rounded(recovery) }
    log.info({ event: recoveryName(of), ...facts }, message)
  }
  const failed = (fact: Fact): void => {
    const said = repetition.failed(failureOf(fact), fact, clock.nowMs())
    if (said !== null) write(said)
    else {
      arm()
      if (log.isLevelEnabled('debug')) write({ fact: { ...fact, level: 'debug' }, times: 1 })
    }
  }
  return {
    listen: (name, event) => {
      if (!repetition.isEmpty) worked(name, event)
      const level = levelOf(name, event)
      if (level === 'debug' && !log.isLevelEnabled('debug')) return
      if (isCounted(name, level)) failed({ name, event, level })
      else write({ fact: { name, event, level }, times: 1 })
    },
    close: () => {
      isClosed = true
      cancel?.()
      for (const said of repetition.due(Number.POSITIVE_INFINITY)) write(said)
    },
  }
}

const isCounted = (name: EventName, level: LogLevel): boolean =>
  level === 'warn' || level === 'error' || (level === 'info' && lines[name].subject !== undefined)

const textOf = (subject: string | number | undefined): string =>
  subject === undefined ? '' : String(subject)

/** Which failures are counted together: one event of one subject, with one code (and SQLSTATE). */
export function failureOf<N extends EventName>({ name, event }: { name: N; event: Events[N] }): Failure {
  const { subject } = lines[name]
  const { error, sqlstate = '' } = event as { error?: unknown; sqlstate?: string }
  const code = error instanceof PipelineError ? error.code : error instanceof Error ? error.name : ''
  return { group: name, subject: textOf(subject?.(event)), kind: `${code} ${sqlstate}` }
}

/** Times are measured to the nanosecond, which nobody reads. */
const rounded = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' ? Math.round(value * 1000) / 1000 : value,
    ]),
  )
