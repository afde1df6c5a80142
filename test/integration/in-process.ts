/**
 * The engine inside of the test's own process, for what needs no kill: start and stop, and its state at any moment.
 * test/faults runs the whole program instead.
 */
import { type Config, loadConfig } from '../../src/config/index.ts'
import type { SettingKey } from '../../src/config/settings/index.ts'
import { createEngine, type Engine } from '../../src/engine/engine.ts'
import { createEvents, type Emit } from '../../src/events.ts'
import { kafkaAddress } from '../support/services.ts'
import { cleanUp } from '../support/suite.ts'
import { until } from '../support/wait.ts'

export interface InProcess {
  readonly engine: Engine
  readonly config: Config
  /** Waits until /readyz would say so. */
  ready(): Promise<void>
  /** Waits until one of the reasons of /readyz contains this text. */
  notReady(reason: string): Promise<void>
  /** Drains and stops; true when nothing was abandoned. May be called again. */
  stop(): Promise<boolean>
}

const DEADLINE_MS = 20_000

export interface Extras {
  /** URL of another module for the parse workers. */
  readonly worker?: string
  readonly listener?: Emit
}

/** Starts an engine with these settings and ends it with the suite. */
export function startEngine(
  settings: Readonly<Partial<Record<SettingKey, string>>>,
  { worker, listener }: Extras = {},
): InProcess {
  const config = loadConfig({
    file: null,
    env: {},
    overrides: {
      'kafka.brokers': kafkaAddress(),
      'kafka.fetch_wait': '50ms',
      'kafka.session_timeout': '6s',
      'kafka.heartbeat_interval': '500ms',
      'shutdown.deadline': '5s',
      'memory.arena': '48MiB',
      workers: '1',
      ...settings,
    },
  })
  const emit = createEvents(...(listener === undefined ? [] : [listener]))
  const engine = createEngine({ config, emit, ...(worker === undefined ? {} : { worker }) })
  let stopped: Promise<boolean> | null = null
  const stop = () => {
    stopped ??= engine.stop('test')
    return stopped
  }
  cleanUp(async () => void (await stop()))
  const started = engine.start()
  started.catch(() => undefined)
  const reasons = () => engine.snapshot().ready.reasons
  return {
    engine,
    config,
    stop,
    async ready() {
      const isReady = async () => {
        const { ok } = engine.snapshot().ready
        if (!ok) throw new Error(reasons().join('; '))
        return true
      }
      await until(isReady, { deadlineMs: DEADLINE_MS, what: 'the engine is ready' })
      await started
    },
    async notReady(reason) {
      const isSaid = async () => {
        if (!reasons().some(text => text.includes(reason)))
          throw new Error(`it says: ${reasons().join('; ')}`)
        return true
      }
      await until(isSaid, { deadlineMs: DEADLINE_MS, what: `/readyz says "${reason}"` })
    },
  }
}
