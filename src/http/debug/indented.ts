/** JSON for people: what the routes below /debug answer with. */
import type { FastifyReply } from 'fastify'

export const sendIndented = (reply: FastifyReply, data: object): FastifyReply =>
  reply.type('application/json').send(`${JSON.stringify(data, null, 2)}\n`)
