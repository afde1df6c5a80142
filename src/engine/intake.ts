/**
 * The intake of a process with the role api, put together: Kafka behind it, the group's pressure and Redis beside it.
 * Nothing is connected before the first request. cli/serve.ts starts and stops it.
 */

import { type Config, hasRole } from '../config/index.ts'
import { isPattern } from '../config/topics.ts'
import type { Emit } from '../events.ts'
import type { IntakePort } from '../intake/contract.ts'
import { Intake } from '../intake/intake.ts'
import { Once } from '../intake/once.ts'
import { PressureGauge } from '../redis/gauge.ts'
import { IdempotencyKeys } from '../redis/idempotency.ts'
import type { PressureSnapshot } from '../snapshot.ts'
import { connectProducer } from '../source/kafka/producer.ts'

export interface IntakeParts extends IntakePort {
  /** Takes nothing more, gives what is in flight so long, ms, and closes its connections. */
  stop(withinMs: number): Promise<void>
}

export interface IntakeDeps {
  readonly config: Config
  readonly emit: Emit
  /** Of this process's own consumer; null: it has none. */
  readonly pressure: () => PressureSnapshot | null
}

/** Null where http.intake.enabled or the role api is off. */
export function createIntake({ config, emit, pressure }: IntakeDeps): IntakeParts | null {
  const { http, kafka, limits, redis } = config
  if (!http.intake.enabled || !hasRole(config, 'api')) return null
  const { url, prefix } = redis
  const keys = url === '' ? null : new IdempotencyKeys({ url, prefix })
  const { groupId } = kafka
  const gauge = new PressureGauge({
    url,
    prefix,
    groupId,
    maxLagMs: redis.pressure.maxLagMs,
    local: pressure,
  })
  const intake = new Intake({
    topics: topicsOf(config),
    maxBodyBytes: http.intake.maxBodyBytes,
    maxRecordBytes: limits.maxRecordBytes,
    keyField: http.intake.keyField,
    inFlightBytes: http.intake.inFlightBytes,
    ackTimeoutMs: http.intake.ackTimeoutMs,
    connect: (topic, signal) =>
      connectProducer({
        ...kafka,
        topic,
        clientId: `${kafka.clientId}-intake`,
        createPartitions: null,
        // A batch that was sent is sent again, under the same number, until Kafka has answered.
        deliveryTimeoutMs: Number.POSITIVE_INFINITY,
        signal,
      }),
    pressure: () => gauge.read(),
    once: new Once({ windowMs: http.intake.idempotencyWindowMs, shared: keys }),
    emit,
  })
  let started: Promise<void> | null = null
  return {
    async take(request) {
      started ??= gauge.start()
      await started
      return intake.take(request)
    },
    async stop(withinMs) {
      await intake.stop(withinMs)
      await started
      await Promise.all([gauge.stop(), keys?.stop()])
    },
  }
}

/** Those of http.intake.topics, else the names in kafka.topics: a pattern names no topic to write to. */
const topicsOf = ({ http, kafka }: Config): readonly string[] =>
  http.intake.topics.length > 0 ? http.intake.topics : kafka.topics.filter(topic => !isPattern(topic))
