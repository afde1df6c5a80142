/**
 * Another attempt at dead letters: one transaction takes them, stores those that are rows by now, marks every one, and
 * moves the rollups. What is locked by another replay is left alone, what was replayed before is not touched: each
 * record has at most one row, whoever is killed when. The parsing is handed in (src/replay/parser.ts).
 */
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Rollup } from '../kernel/layout.ts'
import { connectClient } from '../postgres/connect.ts'
import { classify } from './classify.ts'
import { describeFailure } from './failure.ts'
import { COPY_HEADER, COPY_TRAILER, columnList, RowCountMismatch } from './session.ts'

/** A dead letter with what is kept of its record. */
export interface Letter {
  readonly topic: string
  readonly topicId: number
  readonly partition: number
  readonly offset: number
  /** Kafka's time, ms since 1970; null: the record itself is not kept. */
  readonly kafkaMs: number | null
  readonly key: Buffer | null
  readonly raw: Buffer | null
  readonly headers: Buffer | null
  /** The row as it was refused, where the record itself is not kept. */
  readonly encoded: Buffer | null
}

export interface LetterRow {
  /** COPY binary. */
  readonly copy: Buffer
  /** µs since 1970. */
  readonly ts: number
  readonly rollups: readonly Rollup[]
  /** Starts of the segments that it needs, ms since 1970. */
  readonly segments: readonly number[]
}

/** What became of a letter: a row, or why it is none (printable ASCII). */
export type Parsed = { readonly row: LetterRow } | { readonly reason: string }

export interface ReplayOptions {
  readonly url: string
  readonly connectTimeoutMs: number
  /** Names of the columns behind the fixed ones, in the order of the rows. */
  readonly columns: readonly string[]
  readonly parse: (letter: Letter) => Parsed
  readonly ensureSegments: (starts: readonly number[]) => Promise<void>
}

export interface ReplayOutcome {
  readonly replayed: number
  /** Letters that stay, by reason. */
  readonly reasons: ReadonlyMap<string, number>
}

interface Key {
  readonly topicId: number
  readonly partition: number
  readonly offset: number
}

interface Attempt {
  readonly letter: Letter
  parsed: Parsed
}

interface Row {
  topic: string
  topic_id: number
  kafka_partition: number
  kafka_offset: string
  kafka_ms: string | null
  key: Buffer | null
  raw: Buffer | null
  headers: Buffer | null
  encoded: Buffer | null
}

export class Replayer {
  private readonly client: pg.Client
  private readonly options: ReplayOptions
  private isLost = false

  private constructor(client: pg.Client, options: ReplayOptions) {
    this.options = options
    this.client = client
    // The statement that meets the broken connection fails by itself.
    this.client.on('error', () => {
      this.isLost = true
    })
  }

  /** @throws PipelineError where Postgres cannot be reached */
  static async connect(options: ReplayOptions): Promise<Replayer> {
    const { connectTimeoutMs, url } = options
    try {
      const settings = { synchronous_commit: 'on' }
      const { client } = await connectClient({
        url,
        name: 'logcollector replay',
        connectTimeoutMs,
        access: 'write',
        settings,
        checksPooling: true,
      })
      return new Replayer(client, options)
    } catch (error) {
      throw describeFailure(error, 'connect', false).error
    }
  }

  /**
   * One transaction over those of the letters that nobody else has and that have no row. @throws PipelineError: then
   * nothing was stored, or (connection lost) all of it; either way another replay may follow.
   */
  async replay(keys: readonly Key[]): Promise<ReplayOutcome> {
    await this.failing('copy', () => this.client.query('begin'))
    try {
      const letters = await this.failing('copy', () => this.take(keys))
      const attempts = letters.map(letter => ({ letter, parsed: this.options.parse(letter) }))
      await this.options.ensureSegments(segmentsOf(attempts))
      await this.store(attempts)
      await this.failing('tail', () => this.mark(attempts))
      return outcomeOf(attempts)
    } catch (error) {
      // Where it cannot be told, the server rolls back by itself.
      await this.client.query('rollback').catch(() => {
        this.isLost = true
      })
      throw error
    }
  }

  async end(): Promise<void> {
    this.isLost = true
    await this.client.end()
  }

  private async take(keys: readonly Key[]): Promise<Letter[]> {
    const { rows } = await this.client.query<Row>(
      `select t.topic, d.topic_id, d.kafka_partition, d.kafka_offset, d.key, d.raw, d.headers, d.encoded,
         (extract(epoch from d.kafka_ts) * 1000)::bigint as kafka_ms
       from dead_letters d join topics t on t.topic_id = d.topic_id join unnest($1::smallint[], $2::integer[], $3::bigint[]) as x (topic, kpartition, koffset)
         on d.topic_id = x.topic and d.kafka_partition = x.kpartition and d.kafka_offset = x.koffset
       where d.replayed_at is null
       order by d.topic_id, d.kafka_partition, d.kafka_offset
       for update of d skip locked`,
      columnsOf(keys),
    )
    return rows.map(row => ({
      topic: row.topic,
      topicId: row.topic_id,
      partition: row.kafka_partition,
      offset: Number(row.kafka_offset),
      kafkaMs: row.kafka_ms === null ? null : Number(row.kafka_ms),
      key: row.key,
      raw: row.raw,
      headers: row.headers,
      encoded: row.encoded,
    }))
  }

  /** All rows in one COPY; where one is refused, each by itself. */
  private async store(attempts: readonly Attempt[]): Promise<void> {
    const rows = attempts.flatMap(({ parsed }) => ('row' in parsed ? [parsed.row] : []))
    if (rows.length === 0 || (await this.copy(rows)) === null) return
    for (const attempt of attempts) {
      if (!('row' in attempt.parsed)) continue
      const reason = await this.copy([attempt.parsed.row])
      if (reason !== null) attempt.parsed = { reason }
    }
  }

  /** Null: the rows are stored. Else why one of them is refused, and none of them is stored. */
  private async copy(rows: readonly LetterRow[]): Promise<string | null> {
    try {
      await this.client.query('savepoint rows')
      await this.send(rows)
      await this.client.query('release savepoint rows')
      return null
    } catch (thrown) {
      const failure = describeFailure(thrown, 'copy', !this.isLost)
      if (classify(failure) !== 'row') throw failure.error
      await this.failing('copy', () => this.client.query('rollback to savepoint rows'))
      return `${failure.sqlstate}: ${failure.reason}`
    }
  }

  private async send(rows: readonly LetterRow[]): Promise<void> {
    const copy = `copy logs (${columnList(this.options.columns)}) from stdin (format binary)`
    const stream = this.client.query(copyFrom(copy))
    await new Promise<void>((resolve, reject) => {
      stream.on('error', reject)
      stream.end(Buffer.concat([COPY_HEADER, ...rows.map(({ copy }) => copy), COPY_TRAILER]), () => resolve())
    })
    if (stream.rowCount !== rows.length)
      throw new RowCountMismatch(`COPY took ${stream.rowCount} rows where ${rows.length} were sent`)
  }

  /** Marks every letter, moves the rollups (in the same order as writers) and commits. */
  private async mark(attempts: readonly Attempt[]): Promise<void> {
    if (attempts.length > 0) await this.client.query(markStatement, markValues(attempts))
    const rollups = rollupsOf(attempts)
    if (rollups.length > 0)
      await this.client.query('select add_rollups($1::jsonb)', [JSON.stringify(rollups)])
    const { command } = await this.client.query('commit')
    if (command !== 'COMMIT') throw new Error('COMMIT was answered with ROLLBACK')
  }

  /** Whatever Postgres throws, as ours. */
  private async failing<T>(stage: 'copy' | 'tail', work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      throw describeFailure(thrown, stage, !this.isLost).error
    }
  }
}

const markStatement = `
  update dead_letters d set attempts = d.attempts + 1, attempted_at = now(), last_reason = x.reason,
    replayed_at = case when x.reason is null then now() end,
    replayed_ts = timestamptz 'epoch' + x.ts * interval '1 microsecond'
  from unnest($1::smallint[], $2::integer[], $3::bigint[], $4::text[], $5::bigint[])
    as x (topic, kpartition, koffset, reason, ts)
  where d.topic_id = x.topic and d.kafka_partition = x.kpartition and d.kafka_offset = x.koffset`

const markValues = (attempts: readonly Attempt[]): unknown[] => [
  ...columnsOf(attempts.map(({ letter }) => letter)),
  attempts.map(({ parsed }) => ('row' in parsed ? null : parsed.reason)),
  attempts.map(({ parsed }) => ('row' in parsed ? parsed.row.ts : null)),
]

const rollupsOf = (attempts: readonly Attempt[]): object[] =>
  attempts.flatMap(({ letter: { partition: kpartition, topicId: topic }, parsed }) =>
    'row' in parsed ? parsed.row.rollups.map(rollup => ({ topic, kpartition, ...rollup })) : [],
  )

const columnsOf = (keys: readonly Key[]): [number[], number[], number[]] => [
  keys.map(({ topicId }) => topicId),
  keys.map(({ partition }) => partition),
  keys.map(({ offset }) => offset),
]

const segmentsOf = (attempts: readonly Attempt[]): number[] => [
  ...new Set(attempts.flatMap(({ parsed }) => ('row' in parsed ? parsed.row.segments : []))),
]

function outcomeOf(attempts: readonly Attempt[]): ReplayOutcome {
  const reasons = new Map<string, number>()
  for (const { parsed } of attempts)
    if (!('row' in parsed)) reasons.set(parsed.reason, (reasons.get(parsed.reason) ?? 0) + 1)
  return { replayed: attempts.filter(({ parsed }) => 'row' in parsed).length, reasons }
}
