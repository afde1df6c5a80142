/**
 * Dead letters put into a database by hand, with the ledger that goes with them: for tests of what becomes of them
 * afterwards. The whole way, from Kafka on, is in test/faults.
 */
import { Observer } from '../faults/observer.ts'
import { database } from '../support/services.ts'
import { uniqueName } from '../support/template.ts'

export interface Made {
  readonly raw: string | null
  readonly kafkaMs?: number | null
  readonly encoded?: Buffer
  readonly code?: string
}

export class Letters {
  readonly url: string
  readonly group: string
  readonly observer: Observer

  private constructor(url: string, group: string) {
    this.url = url
    this.group = group
    this.observer = new Observer(url, 'letters')
  }

  /** A topic "letters" of one partition in which every record is a dead letter. */
  static async create(letters: readonly Made[]): Promise<Letters> {
    const made = new Letters(await database(), uniqueName('group'))
    const { observer } = made
    await observer.query(
      `insert into topics (cluster_id, group_id, topic) values ('cluster', $1, 'letters')`,
      [made.group],
    )
    const end = letters.length
    await observer.query(
      'insert into offsets (topic_id, kafka_partition, start_offset, next_offset) values (1, 0, 0, $1)',
      [end],
    )
    // Two transactions, so that verify can look at a part.
    const middle = Math.floor(end / 2)
    await observer.query(
      `insert into ingest_ledger
         (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes, committed_at)
       select 1, 0, first, next, 0, next - first, 0, 0, at
       from (values (0, $1::bigint, now() - interval '2 days'), ($1, $2::bigint, now())) as x (first, next, at)
       where next > first`,
      [middle, end],
    )
    for (const [
      offset,
      { raw, kafkaMs = Date.now(), encoded = null, code = 'parse_refused' },
    ] of letters.entries())
      await observer.query(
        `insert into dead_letters (topic_id, kafka_partition, kafka_offset, kafka_ts, raw, encoded, code, reason)
         values (1, 0, $1, $2, $3, $4, $5, 'as the test says')`,
        [
          offset,
          kafkaMs === null ? null : new Date(kafkaMs),
          raw === null ? null : Buffer.from(raw),
          encoded,
          code,
        ],
      )
    return made
  }

  /** Arguments of the command line for this database and group. */
  get settings(): string[] {
    return ['--set', `postgres.url=${this.url}`, '--set', `kafka.group_id=${this.group}`]
  }

  /** Offsets of the rows in logs, in order; one that is there twice is there twice. */
  async stored(): Promise<number[]> {
    const rows = await this.observer.query<{ kafka_offset: string }>(
      'select kafka_offset from logs order by kafka_offset',
    )
    return rows.map(({ kafka_offset }) => Number(kafka_offset))
  }
}
