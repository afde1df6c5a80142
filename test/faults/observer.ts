/**
 * What a bystander sees in the database while the program works: positions, owners, backends. It connects anew when
 * the server was away.
 */
import pg from 'pg'
import { cleanUp } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import type { Oracle } from './oracle.ts'

const options = '-c search_path=logcollector,pg_catalog -c timezone=UTC'

export class Observer {
  readonly url: string
  private readonly topic: string
  private client: pg.Client | null = null

  constructor(url: string, topic: string) {
    this.url = url
    this.topic = topic
    cleanUp(() => this.close())
  }

  /** Rows of a statement; throws while the server is away. */
  async query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      this.client ??= await this.connect()
      return (await this.client.query<Row>(sql, [...values])).rows
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || /^(08|57)/.test(error.code ?? '')) await this.close()
      throw error
    }
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url, options, connectionTimeoutMillis: 5000 })
    // Said again by the next query.
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  async close(): Promise<void> {
    const { client } = this
    this.client = null
    // A connection that is broken already has nothing left to end.
    await client?.end().catch(() => undefined)
  }

  /** next_offset by partition. */
  async positions(): Promise<Map<number, number>> {
    const rows = await this.query<{ kafka_partition: number; next_offset: string }>(
      'select kafka_partition, next_offset from offsets join topics using (topic_id) where topic = $1',
      [this.topic],
    )
    return new Map(rows.map(row => [row.kafka_partition, Number(row.next_offset)]))
  }

  /** Records committed: the sum of the positions of a topic that was read from its start. */
  async committed(): Promise<number> {
    return [...(await this.positions()).values()].reduce((sum, next) => sum + next, 0)
  }

  /** Owner tokens of the partitions, in order. */
  async owners(): Promise<string[]> {
    const rows = await this.query<{ owner_token: string | null }>(
      `select owner_token from offsets join topics using (topic_id) where topic = $1 order by kafka_partition`,
      [this.topic],
    )
    return rows.map(row => row.owner_token ?? '')
  }

  /** Waits until everything that the oracle knows is committed. */
  async caughtUp(oracle: Oracle, deadlineMs: number): Promise<void> {
    const isAtEnd = async () => {
      const positions = await this.positions()
      const behind = [...oracle.ends].filter(([partition, end]) => (positions.get(partition) ?? 0) < end)
      if (behind.length > 0)
        throw new Error(
          behind.map(([p, end]) => `${p}: ${positions.get(p) ?? 'no position'} of ${end}`).join(', '),
        )
      return true
    }
    await until(isAtEnd, { deadlineMs, what: 'everything is committed' })
  }
}
