/** The description of the API, made from the schemas of its routes: /openapi.json, and /docs to browse it. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** Before the routes that it is to describe. */
export async function describeApi(server: FastifyInstance, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'LogCollector', version, description: 'Ask for the stored logs: docs/api.md' },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
  })
  await server.register(swaggerUi, { routePrefix: '/docs' })
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger())
}
