/** The intake as a process with the role api has it, listening in the test's own process; and what is in a topic. */
import { randomUUID } from 'node:crypto'
import { createApi } from '../../src/cli/api.ts'
import { type Config, loadConfig } from '../../src/config/index.ts'
import type { SettingKey } from '../../src/config/settings/index.ts'
import { createIntake, type IntakeParts } from '../../src/engine/intake.ts'
import { buildServer, listenOn } from '../../src/http/server.ts'
import type { PressureSnapshot } from '../../src/snapshot.ts'
import { createKafkaClient, kafkaAddress } from '../support/services.ts'
import { cleanUp } from '../support/suite.ts'
import { until } from '../support/wait.ts'

export interface IntakeServer {
  readonly url: string
  readonly config: Config
  readonly intake: IntakeParts
  /** POST /api/v1/ingest of NDJSON, unless the headers say otherwise. */
  post(body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly accepted: number
    readonly rejected: number
    readonly unacknowledged: number
    readonly errors: readonly { readonly index: number; readonly code: string; readonly message: string }[]
    readonly error?: { readonly code: string; readonly message: string; readonly remedy: string }
  }
}

/** Starts it with these settings and ends it with the suite. */
export async function startIntake(
  settings: Readonly<Partial<Record<SettingKey, string>>>,
  pressure: () => PressureSnapshot | null = () => null,
): Promise<IntakeServer> {
  const config = loadConfig({
    file: null,
    env: {},
    overrides: { 'kafka.brokers': kafkaAddress(), 'http.port': '0', ...settings },
  })
  const intake = createIntake({ config, emit: () => undefined, pressure })!
  const api = createApi(config)!
  const server = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    debug: null,
    metrics: { contentType: 'text/plain', render: async () => '' },
    api: { ...api.deps, intake },
  })
  const url = await listenOn(server, config.http)
  cleanUp(async () => {
    await intake.stop(0)
    await server.close()
    await api.close()
  })
  return {
    url,
    config,
    intake,
    async post(body, headers = {}) {
      const response = await fetch(`${url}/api/v1/ingest`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', ...headers },
        body: body as string,
      })
      return {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as Answer['body'],
      }
    },
  }
}

export interface StoredRecord {
  readonly partition: number
  readonly key: string | null
  readonly value: string
}

/** Everything in the topic, once `count` records are there. */
export async function readTopic(topic: string, count: number, brokers?: string): Promise<StoredRecord[]> {
  const stored: StoredRecord[] = []
  const consumer = createKafkaClient(brokers).consumer({
    groupId: `read-${randomUUID()}`,
    maxWaitTimeInMs: 100,
  })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        stored.push({
          partition,
          key: message.key?.toString() ?? null,
          value: message.value?.toString() ?? '',
        })
      },
    })
    await until(() => stored.length >= count, { deadlineMs: 30_000, what: `${count} records of ${topic}` })
  } finally {
    await consumer.disconnect()
  }
  return stored
}
