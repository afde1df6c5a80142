/**
 * Free TCP ports of 127.0.0.1 for the instances of the stack.
 * Below the range that outgoing connections use, so that none of those takes a port before its server binds it.
 */
import { createServer, type Server } from 'node:net'

const lowest = 20_000
const highest = 31_999
const attempts = 200

/** Listens on the port, or null when it is taken. */
const occupy = (port: number): Promise<Server | null> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })

/** Different free ports, as many as asked for. Throws when 200 tries did not find them. */
export async function findFreePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>()
  for (let attempt = 0; held.size < count; attempt++) {
    if (attempt === attempts) throw new Error(`No ${count} free ports between ${lowest} and ${highest}`)
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1))
    const server = held.has(port) ? null : await occupy(port)
    if (server) held.set(port, server)
  }
  await Promise.all([...held.values()].map(server => new Promise(done => server.close(done))))
  return [...held.keys()]
}

/** Could somebody listen on it now? */
export async function isFree(port: number): Promise<boolean> {
  const server = await occupy(port)
  if (server !== null) await new Promise(done => server.close(done))
  return server !== null
}
