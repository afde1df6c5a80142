/**
 * The stack that test files share, with the template of their databases: what run.ts and test/faults/run.ts start once and
 * hand to each process by its environment. Fast rather than durable: it lives as long as the tests.
 */
import { migrate } from '../../src/store/migrate.ts'
import { kafkaVariable, postgresVariable, redisVariable, startStack } from '../../stack/stack.ts'
import { templateVariable } from './services.ts'
import { createTemplate, dropDatabase } from './template.ts'

export interface SharedStack {
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** What is there already by the environment's word is used, and left as it was. */
export async function startSharedStack(report: (line: string) => void): Promise<SharedStack> {
  const settings = { fsync: 'off', max_connections: 200 }
  const stack = await startStack({ report, postgres: { settings } })
  try {
    const template = await createTemplate(stack.postgres, migrate)
    return {
      environment: {
        [kafkaVariable]: stack.kafka,
        [postgresVariable]: stack.postgres,
        [redisVariable]: stack.redis,
        [templateVariable]: template,
      },
      async stop() {
        await dropDatabase(stack.postgres, template).catch(() => undefined)
        await stack.stop()
      },
    }
  } catch (error) {
    await stack.stop()
    throw error
  }
}
