/**
 * pino in its real worker, by the export of the package: to the intake of a process that is killed meanwhile, to
 * Kafka, and to nowhere.
 */
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import * as assert from 'uvu/assert'
import type { Losses } from '../../src/transport/transport.ts'
import { Instance, showingLogs } from '../faults/instance.ts'
import { database, kafkaAddress, redisAddress, redisPrefix, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { readTopic, startIntake } from './intake-server.ts'

const test = suite('pino-transport', { timeoutMs: 60_000 })
const target = fileURLToPath(import.meta.resolve('logcollector/pino-transport'))

function loggerTo(options: object) {
  const transport = pino.transport({ target, options })
  const losses: Losses[] = []
  transport.on('logcollector:losses', (each: Losses) => losses.push(each))
  cleanUp(() => void transport.end())
  const logger = pino({ base: null }, transport)
  const log = (from: number, to: number): void => {
    for (let n = from; n < to; n++) logger.info({ n })
  }
  const end = async (): Promise<void> => {
    const closed = new Promise<void>(resolve => transport.once('close', resolve))
    transport.end()
    await closed
  }
  return { logger, log, end, losses }
}

const numbersIn = async (name: string, count: number): Promise<number[]> =>
  (await readTopic(name, count)).map(({ value }) => JSON.parse(value).n as number)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** A port that was free a moment ago. */
async function freePort(): Promise<string> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return String(port)
}

test('to Kafka: every line once and in order, flushed at the end', async () => {
  const name = await topic()
  const logger = loggerTo({ brokers: kafkaAddress().split(','), topic: name, batchBytes: 2_000 })
  logger.log(0, 500)
  await logger.end()
  assert.equal(await numbersIn(name, 500), upTo(500))
  assert.equal(logger.losses, [])
})

test(
  'to an intake that is killed meanwhile: every line once all the same',
  showingLogs(async () => {
    const [name, url, port] = await Promise.all([topic(), database(), freePort()])
    const start = async (): Promise<Instance> => {
      const instance = new Instance({
        roles: 'api',
        'http.port': port,
        'kafka.brokers': kafkaAddress(),
        'kafka.topics': name,
        'postgres.url': url,
        'redis.url': redisAddress(),
        'redis.prefix': prefix,
      })
      await instance.url()
      return instance
    }
    const prefix = redisPrefix()
    const doomed = await start()
    const logger = loggerTo({ url: `http://127.0.0.1:${port}`, batchBytes: 2_000 })
    logger.log(0, 200)
    await until(async () => (await doomed.metric('intake_records_total')) >= 200, {
      deadlineMs: 20_000,
      what: 'the first lines',
    })
    await doomed.kill('SIGKILL')
    logger.log(200, 400)
    await start()
    logger.log(400, 500)
    await logger.end()
    assert.equal(await numbersIn(name, 500), upTo(500))
    assert.equal(logger.losses, [])
  }),
)

test('what the intake refuses and what does not fit is counted', async () => {
  const name = await topic({ settings: { 'max.message.bytes': '2000' } })
  const server = await startIntake({ 'kafka.topics': name })
  const refused = loggerTo({ url: server.url })
  refused.log(0, 10)
  refused.logger.info({ n: -1, text: 'x'.repeat(5_000) })
  refused.log(10, 20)
  assert.equal(await numbersIn(name, 20), upTo(20))
  // Before the end, which holds this thread, and with it the intake, until the worker is done.
  await until(() => refused.losses.length > 0, { deadlineMs: 5_000, what: 'the losses are told' })
  assert.equal([refused.losses[0]?.dropped, refused.losses[0]?.rejected], [0, 1])
  await refused.end()

  const away = loggerTo({
    url: `http://127.0.0.1:${await freePort()}`,
    bufferBytes: 2_000,
    closeTimeoutMs: 500,
  })
  away.log(0, 1_000)
  await away.end()
  const last = away.losses.at(-1)
  assert.equal([last?.dropped, last?.rejected], [1_000, 0])
  assert.match(last!.reason, /ECONNREFUSED/)
})

test.run()
