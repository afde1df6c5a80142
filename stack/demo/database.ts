/** What the demo asks of Postgres: how far the program is, what is stored, and a sample query with its answer. */
import pg from 'pg'

export interface Stored {
  readonly rows: number
  readonly deadLetters: number
}

/** What people ask first; shown with its answer by the demo and by README.md. */
export const sampleQuery = `select service, count(*) as records, count(*) filter (where severity >= 17) as errors
from logcollector.logs
where ts > now() - interval '1 day'
group by service order by errors desc limit 5`

export class DemoDatabase {
  private readonly client: pg.Client

  constructor(url: string) {
    this.client = new pg.Client({ connectionString: url, application_name: 'logcollector demo' })
    // A query that is under way then says so itself.
    this.client.on('error', () => undefined)
  }

  connect(): Promise<unknown> {
    return this.client.connect()
  }

  end(): Promise<void> {
    return this.client.end()
  }

  /** Offsets passed in all partitions; cheap. */
  async position(): Promise<number> {
    const { rows } = await this.client.query<{ passed: string }>(
      'select coalesce(sum(next_offset - start_offset), 0) as passed from logcollector.offsets',
    )
    return Number(rows[0]!.passed)
  }

  async stored(): Promise<Stored> {
    const { rows } = await this.client.query<{ rows: string; dead: string }>(
      'select coalesce(sum(stored), 0) as rows, coalesce(sum(dead), 0) as dead from logcollector.ingest_ledger',
    )
    return { rows: Number(rows[0]!.rows), deadLetters: Number(rows[0]!.dead) }
  }

  /** The answer to the sample query, as psql would show it. */
  async sample(): Promise<string> {
    const { fields, rows } = await this.client.query<string[]>({ text: sampleQuery, rowMode: 'array' })
    return formatTable(
      fields.map(({ name }) => name),
      rows.map(row => row.map(value => value ?? '')),
    )
  }
}

/** Names in the middle, numbers to the right. */
function formatTable(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = names.map((name, column) => Math.max(name.length, ...rows.map(row => row[column]!.length)))
  const centred = (text: string, width: number): string =>
    text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width)
  const aligned = (text: string, width: number): string =>
    /^\d+$/.test(text) ? text.padStart(width) : text.padEnd(width)
  const line = (cells: readonly string[], align: (text: string, width: number) => string): string =>
    ` ${cells.map((text, column) => align(text, widths[column]!)).join(' | ')}`.trimEnd()
  const rule = widths.map(width => '-'.repeat(width + 2)).join('+')
  return [line(names, centred), rule, ...rows.map(row => line(row, aligned))].join('\n')
}
