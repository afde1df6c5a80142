/** GET /export: every record that fits, oldest first, as NDJSON or CSV; a stream that goes as fast as its reader. */
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { LogRecord } from '../../query/contract.ts'
import { clientGone } from './asking.ts'
import type { RouteDeps } from './deps.ts'
import { type FilterQuery, filterOf } from './filter.ts'
import { rangeOf, type TimeQuery } from './range.ts'
import * as schemas from './schemas.ts'

const BUFFER_BYTES = 64 * 1024
type Format = 'ndjson' | 'csv'

const schema = {
  tags: ['logs'],
  summary: 'Every record, as a file',
  description:
    'Everything that fits, oldest first. An answer that breaks off without its last chunk is not whole: clients report that as an error.',
  querystring: schemas.filterQuery({
    format: { type: 'string', enum: ['ndjson', 'csv'], default: 'ndjson' },
  }),
}

const columns = Object.keys(schemas.record.properties).filter(
  name => name !== 'columns',
) as readonly (keyof LogRecord)[]

/** RFC 4180. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const formats: Readonly<Record<Format, { type: string; head: string; line: (record: LogRecord) => string }>> =
  {
    ndjson: { type: 'application/x-ndjson', head: '', line: record => `${JSON.stringify(record)}\n` },
    csv: {
      type: 'text/csv; charset=utf-8',
      head: `${columns.join(',')}\r\n`,
      line: record => `${columns.map(column => cell(record[column])).join(',')}\r\n`,
    },
  }

/** A text a portion. The first was awaited, so that what is wrong from the start is told as an error. */
async function* linesOf(
  first: IteratorResult<readonly LogRecord[]>,
  rest: AsyncIterator<readonly LogRecord[]>,
  format: Format,
): AsyncGenerator<string> {
  const { head, line } = formats[format]
  try {
    if (head !== '') yield head
    for (let portion = first; !portion.done; portion = await rest.next())
      yield portion.value.map(line).join('')
  } finally {
    await rest.return?.()
  }
}

export async function exportRoute(server: FastifyInstance, { queries }: RouteDeps): Promise<void> {
  // HEAD would read all of it for nobody.
  server.get('/export', { schema, exposeHeadRoute: false }, async (request, reply) => {
    const query = request.query as TimeQuery & FilterQuery & { readonly format: Format }
    const portions = queries.records(rangeOf(query, null), filterOf(query), clientGone(reply))
    const rest = portions[Symbol.asyncIterator]()
    const first = await rest.next()
    // Whoever leaves now leaves a stream that never began: nothing else would give its connection back.
    // What fails while it is given back has nobody left to be told.
    reply.raw.once('close', () => void rest.return?.()?.catch(() => undefined))
    if (reply.raw.destroyed) await rest.return?.()
    const lines = linesOf(first, rest, query.format)
    return reply
      .type(formats[query.format].type)
      .header('content-disposition', `attachment; filename="logs.${query.format}"`)
      .send(Readable.from(lines, { objectMode: false, highWaterMark: BUFFER_BYTES }))
  })
}
