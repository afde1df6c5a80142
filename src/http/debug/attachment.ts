/** Answers that a browser or curl -OJ saves as a file, named so that several can lie side by side. */
import type { FastifyReply } from 'fastify'

/** The reply with the headers of a JSON file; `ending` is what the tools that open it look for. */
export function attachment(reply: FastifyReply, ending: 'heapsnapshot' | 'cpuprofile'): FastifyReply {
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-')
  return reply
    .type('application/json')
    .header('content-disposition', `attachment; filename="logcollector-${process.pid}-${time}.${ending}"`)
}
