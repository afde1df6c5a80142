/**
 * The life of `logcollector run`: log, metrics, events, engine and HTTP put together, until a signal or an
 * escalation ends it. Signals and engine are handed in, so that tests need neither Kafka nor a process.
 */
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Config,
  createRedactor,
  describeConfig,
  hasRole,
  type ReadConfig,
  type Redactor,
  settingsAsObject,
} from '../config/index.ts'
import { createDebugView } from '../debug-view.ts'
import type { EngineFacts } from '../engine/facts.ts'
import { createEventLog } from '../event-log.ts'
import { createEvents, type Emit, type EventName } from '../events.ts'
import type { DebugDeps } from '../http/deps.ts'
import { buildServer, listenOn } from '../http/server.ts'
import { type AdjustableLog, createLogger, errorFields, type Log, type LogDestination } from '../log.ts'
import { createMetrics, type Metrics } from '../metrics/index.ts'
import { RecentEvents } from '../recent-events.ts'
import type { Snapshot } from '../snapshot.ts'
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts'
import { programVersion } from './version.ts'

export interface Engine {
  start(): Promise<void>
  /** Drains and stops; false when something had to be abandoned (it is read again by the next start). */
  stop(reason: string): Promise<boolean>
  snapshot(): Snapshot
  /** The same with what only /debug shows. */
  facts(): EngineFacts
  /** Settles at the end: rejects when a failure escalated. */
  readonly done: Promise<void>
}

type StopSignal = 'SIGTERM' | 'SIGINT'

export interface ServeParts {
  readonly config: Config
  readonly warnings: readonly string[]
  /** Where each value came from; shown by /debug/config. */
  readonly origins?: ReadConfig['origins']
  readonly createEngine: (parts: { config: Config; emit: Emit }) => Engine
  /** Of the process. */
  readonly signals: {
    on(signal: StopSignal, handler: () => void): unknown
    off(signal: StopSignal, handler: () => void): unknown
  }
  /** Ends the process at once. */
  readonly exitNow: (code: ExitCode) => void
  /** Where the log goes; standard output unless told. */
  readonly destination?: LogDestination
}

type End =
  | { readonly kind: 'signal'; readonly signal: StopSignal }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly started: boolean }

/** Of shutdown.deadline, for Kafka to acknowledge what the intake has sent. */
const INTAKE_SHARE = 0.5

/** Runs until the end and returns the exit code; what goes wrong is logged, not thrown. */
export async function serve(parts: ServeParts): Promise<ExitCode> {
  const { config } = parts
  const redactor = createRedactor(config)
  const log = createLogger(config.log, parts.destination, redactor)
  log.info({ version: programVersion(), node: process.version }, 'starting')
  log.debug(Object.fromEntries(describeConfig(config).map(({ key, value }) => [key, value])), 'configuration')
  for (const warning of parts.warnings) log.warn({}, warning)
  const metrics = createMetrics()
  const recent = new RecentEvents()
  let tellFollowers = (): void => undefined
  const onCommitted = (name: EventName): void => {
    if (name === 'sink:transaction:committed') tellFollowers()
  }
  const eventLog = createEventLog(log)
  const emit = createEvents(eventLog.listen, metrics.listen, recent.listen, onCommitted)
  const engine = parts.createEngine({ config, emit })
  // Its life is waited for below; until then a failure must not end the process.
  engine.done.catch(() => undefined)
  const signals = watchSignals(parts)
  const served = await createServer(parts, { emit, log, metrics, recent, engine, redactor })
  const { server, paths, api, intake, close } = served
  tellFollowers = () => api?.news()
  metrics.attach(
    () => engine.snapshot(),
    () => api?.snapshot() ?? null,
  )
  try {
    const url = await listenOn(server, config.http)
    api?.start()
    log.info({ url }, `serving ${paths.join(', ')}`)
    const end = await Promise.race([signals.requested, lifeOf(engine)])
    if (end.kind === 'failed') logFailure(log, end.error)
    const reason = end.kind === 'signal' ? end.signal : end.kind
    const { deadlineMs } = config.shutdown
    const stopCode = await stopWithin(deadlineMs, log, async () => {
      const [isClean] = await Promise.all([engine.stop(reason), intake?.stop(deadlineMs * INTAKE_SHARE)])
      return isClean
    })
    if (end.kind !== 'failed') return stopCode
    return end.started ? exitCodes.failed.code : exitCodeOf(end.error)
  } catch (error) {
    logFailure(log, error)
    return exitCodeOf(error)
  } finally {
    signals.unwatch()
    await close()
    eventLog.close()
  }
}

interface Served {
  readonly emit: Emit
  readonly log: AdjustableLog
  readonly metrics: Metrics
  readonly recent: RecentEvents
  readonly engine: Engine
  readonly redactor: Redactor
}

/** The server with all that the process serves, not listening. */
async function createServer(parts: ServeParts, { emit, log, metrics, recent, engine, redactor }: Served) {
  const { config } = parts
  const view = createDebugView({ config, version: programVersion(), recent, facts: () => engine.facts() })
  const debug = config.http.debug ? debugDeps(parts, log, view) : null
  const { api, intake } = hasRole(config, 'api') ? await loadApi(config, emit, engine) : noApi
  const readiness = () => engine.snapshot().ready
  const server = buildServer({
    readiness,
    metrics,
    debug,
    api: api && { ...api.deps, intake },
    redactor,
    maxConnections: config.http.maxConnections,
    onRefused: () => emit('http:connection:refused', { most: config.http.maxConnections }),
    onAnswered: request => emit('http:request:answered', request),
  })
  const more = [api && '/api/v1', intake && '/v1/logs', debug && '/debug'].filter(path => path !== null)
  return {
    server,
    api,
    paths: ['/metrics', '/healthz', '/readyz', ...more],
    intake,
    close: async () => {
      await server.close()
      await api?.close()
    },
  }
}

const noApi = { api: null, intake: null }

/** Loaded only where it is served: it takes some fifteen megabytes. */
async function loadApi(config: Config, emit: Emit, engine: Engine) {
  const [{ createApi }, { createIntake }] = await Promise.all([
    import('./api.ts'),
    import('../engine/intake.ts'),
  ])
  const intake = createIntake({ config, emit, pressure: () => engine.snapshot().pressure })
  return { api: createApi(config, emit), intake }
}

/** What /debug may show and change. */
function debugDeps(
  { config, origins }: ServeParts,
  log: AdjustableLog,
  state: DebugDeps['state'],
): DebugDeps {
  return {
    token: config.http.debugToken,
    state,
    config: () => settingsAsObject(describeConfig(config, origins)),
    log: {
      get level() {
        return log.level
      },
      set level(level) {
        log.level = level
      },
      note: (fields, message) => log.warn(fields, message),
    },
  }
}

/** Resolves at the engine's end, however it comes. */
async function lifeOf(engine: Engine): Promise<End> {
  let started = false
  try {
    await Promise.race([engine.start(), engine.done])
    started = true
    await engine.done
    return { kind: 'ended' }
  } catch (error) {
    return { kind: 'failed', error, started }
  }
}

/** The first signal asks for a stop; a second one exits now. */
function watchSignals({ signals, exitNow }: ServeParts): {
  requested: Promise<End>
  unwatch: () => void
} {
  let isAsked = false
  let ask: (end: End) => void
  const requested = new Promise<End>(resolve => {
    ask = resolve
  })
  const receive = (signal: StopSignal, code: ExitCode) => () => {
    if (isAsked) exitNow(code)
    isAsked = true
    ask({ kind: 'signal', signal })
  }
  const onTerm = receive('SIGTERM', exitCodes.terminated.code)
  const onInt = receive('SIGINT', exitCodes.interrupted.code)
  signals.on('SIGTERM', onTerm)
  signals.on('SIGINT', onInt)
  return {
    requested,
    unwatch: () => {
      signals.off('SIGTERM', onTerm)
      signals.off('SIGINT', onInt)
    },
  }
}

/** Clients of Kafka and Postgres can hang while closing, so the deadline is kept here as well. */
async function stopWithin(deadlineMs: number, log: Log, stop: () => Promise<boolean>): Promise<ExitCode> {
  const cancel = new AbortController()
  const late = delay(deadlineMs, 'late' as const, { signal: cancel.signal }).catch(() => 'late' as const)
  try {
    const outcome = await Promise.race([stop(), late])
    if (outcome !== 'late') return outcome ? exitCodes.ok.code : exitCodes.failed.code
    log.error(
      { deadlineMs },
      'stopping took longer than shutdown.deadline; what is not committed is read again',
    )
    return exitCodes.failed.code
  } finally {
    cancel.abort()
  }
}

function logFailure(log: Log, error: unknown): void {
  log.error(errorFields(error, log.isLevelEnabled('debug')), 'stopped by a failure')
}
