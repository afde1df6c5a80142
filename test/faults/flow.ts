/**
 * The stage of a scenario: a topic, a database, producers with their oracle, and instances of the program between
 * them. Each scenario adds its fault.
 */
import { randomInt, randomUUID } from 'node:crypto'
import type { Codec } from '../../src/codecs/codec.ts'
import { recordId } from '../../src/produce/generate.ts'
import { type ProduceSummary, produce } from '../../src/produce/produce.ts'
import { Random } from '../../src/produce/random.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import { database, kafkaAddress, topic } from '../support/services.ts'
import { cleanUp } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { Instance, type Settings } from './instance.ts'
import { assertExactlyOnce, type Judgement, type JudgeOptions } from './judge.ts'
import { Observer } from './observer.ts'
import { Oracle } from './oracle.ts'

export interface FlowOptions {
  readonly partitions?: number
  /** Another Postgres than the shared one: postgres://… of a migrated or empty database. */
  readonly database?: string
  /** Brokers of the test's own: host:port, separated by commas; the shared ones unless told. */
  readonly brokers?: string
  /** Of the topic, such as { 'max.message.bytes': '2000000' }. */
  readonly topicSettings?: Readonly<Record<string, string>>
  readonly settings?: Settings
  /** Of the generated records and of `random`; any, unless told. */
  readonly seed?: number
}

export interface ProduceShape {
  readonly records: number
  readonly recordsPerSecond?: number
  readonly compression?: Codec
  /** Aborted: what was read is acknowledged, and no more is read. */
  readonly signal?: AbortSignal
}

/** Kafka's batches of the producers: small enough that many of them are under way at any moment. */
const BATCH_BYTES = 128 * 1024
const HOUR_MS = 3_600_000
const PARTITIONS = 4
/** Never reached: keepProducing is told to stop before. */
const MOST_RECORDS = 5_000_000

export class Flow {
  readonly seed: number
  readonly random: Random
  readonly topic: string
  readonly group: string
  readonly url: string
  /** host:port, separated by commas. */
  readonly brokers: string
  readonly oracle: Oracle
  readonly observer: Observer
  private readonly settings: Settings
  private runs = 0

  private constructor(name: string, url: string, options: FlowOptions) {
    this.seed = options.seed ?? Number(process.env.LOGCOLLECTOR_TEST_SEED ?? randomInt(1, 2 ** 30))
    this.random = new Random(this.seed)
    this.topic = name
    this.url = url
    this.brokers = options.brokers ?? kafkaAddress()
    this.group = `faults-${randomUUID()}`
    this.settings = options.settings ?? {}
    this.oracle = new Oracle()
    this.observer = new Observer(url, name)
  }

  /** Makes topic and database. The seed is printed: LOGCOLLECTOR_TEST_SEED repeats a run. */
  static async create(options: FlowOptions = {}): Promise<Flow> {
    const { partitions = PARTITIONS, brokers, topicSettings = {} } = options
    const name = await topic({ partitions, settings: topicSettings, ...(brokers ? { brokers } : {}) })
    const url = options.database ?? (await database())
    const flow = new Flow(name, url, options)
    console.log(`seed ${flow.seed}`)
    return flow
  }

  /** Starts an instance of the program on this flow. */
  start(settings: Settings = {}, env: Readonly<Record<string, string>> = {}): Instance {
    const all: Settings = {
      'kafka.brokers': this.brokers,
      'kafka.topics': this.topic,
      'kafka.group_id': this.group,
      'kafka.session_timeout': '6s',
      'kafka.heartbeat_interval': '500ms',
      'kafka.fetch_wait': '50ms',
      'shutdown.deadline': '5s',
      'postgres.url': this.url,
      ...this.settings,
      ...settings,
    }
    return new Instance(all, env)
  }

  /** Produces generated records, without keys so that the partitions fill evenly. May be called again. */
  produce({
    records,
    recordsPerSecond,
    compression = 'none',
    signal,
  }: ProduceShape): Promise<ProduceSummary> {
    const startMs = Date.now() - HOUR_MS
    const seed = this.seed + this.runs++
    return produce({
      brokers: this.brokers.split(','),
      topic: this.topic,
      source: createGeneratedSource({ seed, records, startMs, spanMs: HOUR_MS, keys: false }),
      batchBytes: BATCH_BYTES,
      compression,
      onAck: ack => this.oracle.add(ack, index => recordId(seed, index)),
      ...(recordsPerSecond === undefined ? {} : { recordsPerSecond }),
      ...(signal === undefined ? {} : { signal }),
    })
  }

  /** Produces at this rate until the function that it returns is called; that one resolves when the last is acknowledged. */
  keepProducing(recordsPerSecond: number): () => Promise<ProduceSummary> {
    const ending = new AbortController()
    cleanUp(() => ending.abort())
    const producing = this.produce({ records: MOST_RECORDS, recordsPerSecond, signal: ending.signal })
    producing.catch(() => undefined)
    return () => {
      ending.abort()
      return producing
    }
  }

  /** Records acknowledged and not committed. */
  async lag(): Promise<number> {
    return this.oracle.records - (await this.observer.committed())
  }

  /** Waits until every partition that has records has committed some that were acknowledged after this moment. */
  async flowing(what: string, deadlineMs = 40_000): Promise<void> {
    await until(() => this.oracle.records > 0, { deadlineMs, what: `records ${what}` })
    const before = new Map(this.oracle.ends)
    const isFlowing = async () => {
      const now = await this.observer.positions()
      const still = [...before].filter(([partition, end]) => (now.get(partition) ?? 0) <= end)
      if (still.length > 0)
        throw new Error(`no commit in ${still.map(([partition]) => partition).join(', ')}`)
      return true
    }
    await until(isFlowing, { deadlineMs, what: `commits ${what}` })
  }

  caughtUp(deadlineMs = 60_000): Promise<void> {
    return this.observer.caughtUp(this.oracle, deadlineMs)
  }

  assertExactlyOnce(options: JudgeOptions = {}): Promise<Judgement> {
    return assertExactlyOnce(this.url, this.oracle, this.topic, options)
  }
}
