/**
 * A TCP proxy on 127.0.0.1 that misbehaves as told, between the program and Kafka, Postgres or Redis: delay, throttle,
 * stall without a reset, half-close, reset, refusal, a flipped byte, a cut at a byte or at a message of the protocol.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { cleanUp } from '../../support/suite.ts'
import { Conduct } from './conduct.ts'
import type { Direction, Message, Protocol } from './framing.ts'
import { Link } from './link.ts'
import { Rule, type RuleOptions, resetBefore, type Strike } from './rule.ts'

export interface ProxyOptions {
  /** Of the server behind it, on 127.0.0.1; may be told later, before the first connection. */
  readonly targetPort?: number
  /** Null: its rules see pieces of the stream instead of messages. */
  readonly protocol: Protocol | null
}

const both: readonly Direction[] = ['up', 'down']
const HOST = '127.0.0.1'

export class FaultProxy {
  targetPort: number
  /** Connections that were accepted, ever. */
  accepted = 0
  private readonly server: Server
  private readonly protocol: Protocol | null
  private readonly conducts = { up: new Conduct(), down: new Conduct() }
  private readonly links = new Set<Link>()
  private readonly rules = new Set<Rule>()
  private isRefusing = false

  private constructor({ targetPort = 0, protocol }: ProxyOptions) {
    this.targetPort = targetPort
    this.protocol = protocol
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, client => this.accept(client))
  }

  /** Listens on a port of its own; closed when the running suite ends. */
  static async start(options: ProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options)
    await new Promise<void>((resolve, reject) => {
      proxy.server.once('error', reject)
      proxy.server.listen(0, HOST, resolve)
    })
    cleanUp(() => proxy.close())
    return proxy
  }

  /** In front of the server of a URL. */
  static async before(url: string, protocol: Protocol): Promise<FaultProxy> {
    return FaultProxy.start({ targetPort: Number(new URL(url).port), protocol })
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** The same URL by way of the proxy. */
  through(url: string): string {
    const other = new URL(url)
    other.hostname = HOST
    other.port = String(this.port)
    return other.href
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.links.size
  }

  /** Every piece comes later by so much. */
  delay(ms: number, directions = both): void {
    for (const direction of directions) this.conducts[direction].delayMs = ms
  }

  /** Of each connection. */
  throttle(bytesPerSecond: number, directions = both): void {
    for (const direction of directions) this.conducts[direction].bytesPerSecond = bytesPerSecond
  }

  /** Everything stays open and nothing moves, also on new connections. */
  stall(directions = both): void {
    for (const direction of directions) this.conducts[direction].isStalled = true
  }

  /** Ends delay, throttle, stall and refusal. Rules stay until they are spent. */
  heal(): void {
    for (const direction of both) this.conducts[direction].heal()
    this.isRefusing = false
  }

  /** Resets every connection; returns how many there were. */
  reset(): number {
    const { size } = this.links
    for (const link of this.links) link.reset()
    return size
  }

  /** Resets every connection, and from now on each new one at once. */
  refuse(): void {
    this.isRefusing = true
    this.reset()
  }

  /** Whoever receives in this direction sees the end of the stream on every connection. */
  halfClose(direction: Direction): void {
    for (const link of this.links) link.halfClose(direction)
  }

  /** Waits for a message and does something to it. */
  rule(options: RuleOptions): Rule {
    const rule = new Rule(options)
    this.rules.add(rule)
    return rule
  }

  /** Resets the connection that has passed so many bytes on in this direction, in front of the message that goes beyond. */
  cutAfterBytes(direction: Direction, bytes: number, strike: Strike = resetBefore): Rule {
    const when = (message: Message, link: Link): boolean =>
      link.passed[direction] + message.bytes.length > bytes
    return this.rule({ direction, when, strike })
  }

  async close(): Promise<void> {
    this.refuse()
    await new Promise(resolve => this.server.close(resolve))
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined)
    if (this.isRefusing || this.targetPort === 0) {
      client.resetAndDestroy()
      return
    }
    this.accepted += 1
    const server = connect({ host: HOST, port: this.targetPort, allowHalfOpen: true, noDelay: true })
    // Said to the client by link.run, which reads from it.
    server.on('error', () => undefined)
    const link = new Link({
      client,
      server,
      protocol: this.protocol,
      conducts: this.conducts,
      rules: this.rules,
    })
    this.links.add(link)
    void link.run().finally(() => this.links.delete(link))
  }
}
