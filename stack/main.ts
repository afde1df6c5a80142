/**
 * npm run stack: starts the local stack, prints its addresses as environment variables, stays up until Ctrl-C.
 * Handy for running single tests and the program by hand against it.
 */
import { kafkaVariable, postgresVariable, redisVariable, startStack } from './stack.ts'

const stack = await startStack({ report: line => console.error(line) })
console.log(`export ${kafkaVariable}=${stack.kafka}`)
console.log(`export ${postgresVariable}=${stack.postgres}`)
console.log(`export ${redisVariable}=${stack.redis}`)
console.error('Ctrl-C stops it and removes its data')

const keepAlive = setInterval(() => undefined, 60_000)
async function stop(): Promise<void> {
  clearInterval(keepAlive)
  await stack.stop()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
