/** GET /tail: records as they are committed, by server-sent events, with the filters of /logs. Neighbour: stream.ts. */
import type { FastifyInstance } from 'fastify'
import { type FilterQuery, filterOf } from '../api/filter.ts'
import * as schemas from '../api/schemas.ts'
import type { Tail } from './deps.ts'
import { EventStream } from './stream.ts'

type TailQuery = FilterQuery & { readonly last_event_id?: string }

/** Not validated as an answer: it is written past fastify. */
const schema = {
  tags: ['logs'],
  summary: 'Follow what is committed',
  description:
    'Server-sent events (text/event-stream): each record that fits, as JSON, from now on. Send the last id as the header Last-Event-ID to go on from there; browsers do so by themselves. An event `missed` says how many records were passed over, because the reader was too slow or too long away.',
  querystring: schemas.tailQuery,
}

/** Without a feed there is no route. */
export async function tailRoute(server: FastifyInstance, { tail }: { readonly tail?: Tail }): Promise<void> {
  if (tail === undefined) return
  // HEAD would follow for ever.
  server.get(
    '/tail',
    { schema, config: { isStream: true }, exposeHeadRoute: false },
    async (request, reply) => {
      const { last_event_id: given, ...filters } = request.query as TailQuery
      const filter = filterOf(filters)
      const [after = given ?? null] = [request.headers['last-event-id']].flat()
      const { raw } = reply
      // Followed before anything is written: who is refused gets an answer.
      let stream: EventStream | null = null
      const following = await tail.follow(
        {
          filter,
          get isFull() {
            return stream?.isFull ?? false
          },
          records: (records, position) => stream?.records(records, position),
          moved: position => stream?.moved(position),
          missed: (records, position) => stream?.missed(records, position),
        },
        after || null,
      )
      // It may have left meanwhile: then nothing will say so any more.
      if (raw.destroyed) following.leave()
      reply.hijack()
      if (raw.destroyed) return
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) raw.setHeader(name, value as string)
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      })
      stream = new EventStream(raw, filter, tail)
      raw.on('drain', () => following.ready())
      raw.once('close', () => {
        following.leave()
        stream?.close()
      })
    },
  )
}
