/** An engine in the test's own process, on a database and a topic of the test's own; stopped when the suite ends. */
import { type Config, loadConfig } from '../../src/config/index.ts'
import { createEngine, type Engine } from '../../src/engine.ts'
import { createEvents, type EventName, type Events } from '../../src/events.ts'
import { createLogger } from '../../src/log.ts'
import { kafkaAddress } from './services.ts'
import { cleanUp } from './suite.ts'

export interface RunningEngine {
  readonly engine: Engine
  readonly config: Config
  /** Before the end of the suite; may be called twice. */
  readonly stop: () => Promise<boolean>
}

/** Starts it; settings win over those that the address of the shared brokers and a free port need. */
export async function runEngine(
  settings: Readonly<Record<string, string>>,
  listener: <N extends EventName>(name: N, event: Events[N]) => void = () => undefined,
): Promise<RunningEngine> {
  const overrides = { 'kafka.brokers': kafkaAddress(), 'http.port': '0', ...settings }
  const config = loadConfig({ file: null, env: {}, overrides })
  const log = createLogger({ level: 'error', format: 'pretty' })
  const engine = createEngine({ config, emit: createEvents(listener), log })
  let stopped: Promise<boolean> | null = null
  const stop = (): Promise<boolean> => {
    stopped ??= engine.stop('end of the test')
    return stopped
  }
  cleanUp(async () => {
    await stop()
  })
  await engine.start()
  return { engine, config, stop }
}
