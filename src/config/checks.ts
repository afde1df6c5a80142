/**
 * Rules between settings; the bounds of a single one are in settings/. Run by load.ts once every value that a
 * rule looks at is valid by itself.
 */

import { hasLines } from '../parse/contract.ts'
import { problemOfPostgresUrl } from '../postgres/url.ts'
import { httpApiChecks } from './http-api.ts'
import { kafkaSecurityChecks } from './kafka-security.ts'
import { arenaForFetches, arenaForRecords, budgetFor } from './memory.ts'
import { parserSettings } from './parser-settings.ts'
import { hasRole } from './roles.ts'
import { type SettingKey, settings } from './settings/index.ts'
import { isPattern, patternOf } from './topics.ts'
import type { Config } from './types.ts'
import { boundsOf, writeValue } from './values.ts'

export interface Check {
  /** The settings it looks at; a violation is reported at the first that somebody set. */
  readonly keys: readonly SettingKey[]
  /** What is wrong and what is accepted, or null. */
  readonly violation: (config: Config) => string | null
}

/** The ninth place of a column is for what steps write and lines hold (kernel/slot.ts). */
const MAX_MARKED_ALIASES = 8

const bytes = (amount: number): string => writeValue('bytes', amount)
const ms = (amount: number): string => writeValue('duration', amount)
const mebibytes = (amount: number): string => `${Math.ceil(amount / 2 ** 20)}MiB`
const leastArena = boundsOf(settings['memory.arena']).min

function isRegularExpression(item: string): boolean {
  try {
    patternOf(item)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

export const checks: readonly Check[] = [
  {
    keys: ['postgres.url'],
    violation: ({ postgres }) => problemOfPostgresUrl(postgres.url),
  },
  {
    keys: ['postgres.migrate_url'],
    violation: ({ postgres }) =>
      postgres.migrateUrl === '' ? null : problemOfPostgresUrl(postgres.migrateUrl),
  },
  {
    keys: ['kafka.topics'],
    violation: ({ kafka }) => {
      const wrong = kafka.topics.filter(isPattern).find(item => !isRegularExpression(item))
      return wrong === undefined ? null : `${wrong} is no regular expression; write one such as /^app-/`
    },
  },
  {
    keys: ['memory.budget', 'workers', 'roles'],
    violation: ({ memory, workers, roles }) =>
      memory.arenaBytes >= leastArena
        ? null
        : `leaves less than ${bytes(leastArena)} for the arena; with ${workers} workers the least budget is ${mebibytes(budgetFor(leastArena, { workers, servesApi: hasRole({ roles }, 'api') }))}`,
  },
  {
    keys: ['memory.arena', 'memory.budget', 'workers', 'roles'],
    violation: ({ memory, workers, roles }) => {
      const needed = budgetFor(memory.arenaBytes, { workers, servesApi: hasRole({ roles }, 'api') })
      if (memory.arenaBytes < leastArena || needed <= memory.budgetBytes) return null
      return `an arena of ${bytes(memory.arenaBytes)} with ${workers} workers needs a memory.budget of ${mebibytes(needed)}, which is ${bytes(memory.budgetBytes)}; set only one of the two`
    },
  },
  {
    keys: ['limits.max_record_bytes', 'memory.arena', 'memory.budget', 'workers'],
    violation: ({ limits, memory, workers }) => {
      const needed = arenaForRecords(limits.maxRecordBytes, workers)
      if (memory.arenaBytes < leastArena || memory.arenaBytes >= needed) return null
      return `records of ${bytes(limits.maxRecordBytes)} with ${workers} workers need a memory.arena of at least ${mebibytes(needed)}`
    },
  },
  {
    keys: ['kafka.partition_fetch_bytes', 'memory.arena', 'memory.budget'],
    violation: ({ kafka, memory }) => {
      const needed = arenaForFetches(kafka.partitionFetchBytes)
      if (memory.arenaBytes < leastArena || memory.arenaBytes >= needed) return null
      return `fetching ${bytes(kafka.partitionFetchBytes)} at once needs a memory.arena of at least ${mebibytes(needed)}`
    },
  },
  {
    keys: ['limits.max_batch_bytes', 'limits.max_record_bytes'],
    violation: ({ limits }) =>
      limits.maxBatchBytes >= limits.maxRecordBytes
        ? null
        : `is less than limits.max_record_bytes (${bytes(limits.maxRecordBytes)}); write at least that`,
  },
  {
    keys: ['kafka.heartbeat_interval', 'kafka.session_timeout'],
    violation: ({ kafka }) =>
      kafka.heartbeatIntervalMs * 3 < kafka.sessionTimeoutMs
        ? null
        : `must be less than a third of kafka.session_timeout (${ms(kafka.sessionTimeoutMs)})`,
  },
  {
    keys: ['kafka.fetch_wait', 'kafka.request_timeout'],
    violation: ({ kafka }) =>
      kafka.fetchWaitMs < kafka.requestTimeoutMs
        ? null
        : `must be less than kafka.request_timeout (${ms(kafka.requestTimeoutMs)})`,
  },
  {
    keys: ['columns'],
    violation: ({ columns, parse }) => {
      const promoted = new Set(Object.values(parse.aliases).flat())
      const taken = columns.find(({ from }) => promoted.has(from))
      return taken === undefined
        ? null
        : `${JSON.stringify(taken.name)} comes from ${taken.from}, which is an alias of a column that logs already has; take it out of parse.aliases or choose another field`
    },
  },
  {
    keys: ['shutdown.deadline', 'kafka.session_timeout'],
    violation: ({ shutdown, kafka }) =>
      shutdown.deadlineMs < kafka.sessionTimeoutMs
        ? null
        : `must be less than kafka.session_timeout (${ms(kafka.sessionTimeoutMs)})`,
  },
  {
    keys: ['http.intake.max_body', 'http.intake.in_flight'],
    violation: ({ http: { intake } }) =>
      2 * intake.maxBodyBytes <= intake.inFlightBytes
        ? null
        : `must be at most half of http.intake.in_flight (${bytes(intake.inFlightBytes)}): a body counts packed and unpacked`,
  },
  {
    keys: ['pipelines', 'kafka.topics'],
    violation: ({ kafka, pipelines }) => {
      const own = new Set(pipelines.flatMap(({ topics }) => topics))
      const stray = pipelines.length === 0 ? undefined : kafka.topics.find(topic => !own.has(topic))
      return stray === undefined
        ? null
        : `no pipeline has the topic ${stray} of kafka.topics; leave kafka.topics out, the topics of the pipelines are what is read`
    },
  },
  {
    keys: ['pipelines', 'parse.format', 'parse.aliases.ts'],
    violation: config => {
      for (const { aliases, format, name, steps } of parserSettings(config)) {
        if (steps.length === 0 && !hasLines(format)) continue
        const isTooMany = ([, names]: readonly [string, readonly string[]]) =>
          names.length > MAX_MARKED_ALIASES
        const [column] = Object.entries(aliases).find(isTooMany) ?? []
        if (column === undefined) continue
        const reason = steps.length > 0 ? 'has steps' : `is of the format ${format}`
        return `${name} ${reason}, and so takes at most ${MAX_MARKED_ALIASES} aliases for ${column}`
      }
      return null
    },
  },
  ...kafkaSecurityChecks,
  ...httpApiChecks,
]
