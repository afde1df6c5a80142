/**
 * The imaginary shop and its devices whose logs generate.ts writes: one function a service, each with the field
 * names, time format and habits of another logging library.
 */
import type { Random } from './random.ts'

/** What a service needs to write a line; the generator fills it in for each record. */
export interface Moment {
  /** Of the record, ms since 1970, and in RFC 3339 with milliseconds, UTC. */
  readonly timeMs: number
  readonly timeText: string
  readonly host: string
  /** Unique in the run; every record carries it as "id". */
  readonly id: string
  readonly isError: boolean
}

export interface ServiceModel {
  readonly name: string
  readonly hosts: readonly string[]
  /** Share of all records at the mean of the day. */
  readonly weight: number
  /** How much the day matters: 0 not at all, 1 silent at night. */
  readonly rhythm: number
  /** One JSON object on one line, ASCII and UTF-8 text without control characters. */
  write(random: Random, moment: Moment): string
}

const hostsOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(2, '0')}`)

const traceId = (random: Random): string => random.hex8() + random.hex8() + random.hex8() + random.hex8()
const spanId = (random: Random): string => random.hex8() + random.hex8()
const address = (random: Random): string =>
  `${random.between(11, 220)}.${random.below(256)}.${random.below(256)}.${random.between(1, 254)}`

const paths = [
  '/',
  '/products',
  '/products/4711',
  '/cart',
  '/cart/items',
  '/search',
  '/api/v2/orders',
  '/login',
]
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15',
  'okhttp/4.12.0',
]
const words = ['lamp', 'red chair', 'büro', 'tea pot', 'usb-c cable', 'gift', 'rug 2x3', 'кружка', 'desk']
const frames = [
  'com.shop.orders.OrderService.place(OrderService.java:142)',
  'com.shop.orders.OrderController.post(OrderController.java:57)',
  'com.shop.db.ConnectionPool.borrow(ConnectionPool.java:203)',
  'com.shop.db.Transaction.execute(Transaction.java:88)',
  'com.shop.http.RetryInterceptor.intercept(RetryInterceptor.java:41)',
  'org.eclipse.jetty.server.HttpChannel.handle(HttpChannel.java:505)',
  'java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1136)',
  'java.base/java.lang.Thread.run(Thread.java:840)',
]
const exceptions = [
  'java.sql.SQLTransientConnectionException: pool is exhausted after 30000 ms',
  'java.net.SocketTimeoutException: Read timed out',
  'java.lang.NullPointerException: Cannot invoke "Customer.address()" because "customer" is null',
]

/** A stack trace with JSON's escapes already in it. */
function stackTrace(random: Random): string {
  const depth = random.between(6, 46)
  let text = random.pick(exceptions).replaceAll('"', '\\"')
  for (let frame = 0; frame < depth; frame++) text += `\\n\\tat ${random.pick(frames)}`
  return text
}

const gateway: ServiceModel = {
  name: 'gateway',
  hosts: hostsOf('gw', 6),
  weight: 30,
  rhythm: 0.7,
  write(random, { timeText, host, id, isError }) {
    const status = isError
      ? random.pick([500, 502, 503])
      : random.pick([200, 200, 200, 200, 201, 204, 304, 404])
    const method = random.pick(['GET', 'GET', 'GET', 'POST'])
    const path = random.pick(paths)
    const level = isError ? 'error' : status === 404 ? 'warn' : 'info'
    return `{"ts":"${timeText}","level":"${level}","service":"gateway","host":"${host}","trace_id":"${traceId(random)}","span_id":"${spanId(random)}","msg":"${method} ${path} ${status}","http":{"method":"${method}","path":"${path}","status":${status},"bytes":${random.below(60_000)},"duration_ms":${random.below(4000) / 10},"client":"${address(random)}","agent":"${random.pick(agents)}"},"id":"${id}"}`
  },
}

const auth: ServiceModel = {
  name: 'auth',
  hosts: hostsOf('auth', 3),
  weight: 10,
  rhythm: 0.6,
  write(random, { timeMs, host, id, isError }) {
    const level = isError ? 50 : random.isOneIn(20) ? 40 : 30
    const event = isError ? 'token store does not answer' : level === 40 ? 'wrong password' : 'login'
    return `{"level":${level},"time":${timeMs},"pid":${random.between(10, 4000)},"hostname":"${host}","service":"auth","req":{"id":"req-${random.hex8()}","remoteAddress":"${address(random)}","userAgent":"${random.pick(agents)}"},"user":${random.below(900_000)},"id":"${id}","msg":"${event}"}`
  },
}

const checkout: ServiceModel = {
  name: 'checkout',
  hosts: hostsOf('shop', 4),
  weight: 12,
  rhythm: 0.9,
  write(random, { timeText, host, id, isError }) {
    const severity = isError ? 'ERROR' : random.isOneIn(15) ? 'WARN' : 'INFO'
    const items = random.between(1, 9)
    const detail = isError ? `,"exception":{"stacktrace":"${stackTrace(random)}"}` : ''
    const body = isError ? 'order failed' : `order placed with ${items} items`
    return `{"timestamp":"${timeText}","severity":"${severity}","service.name":"checkout","host.name":"${host}","traceId":"${traceId(random)}","spanId":"${spanId(random)}","body":"${body}","order":{"items":${items},"total":"${random.below(50_000) / 100}","currency":"${random.pick(['EUR', 'USD', 'GBP'])}"},"id":"${id}"${detail}}`
  },
}

const payments: ServiceModel = {
  name: 'payments',
  hosts: hostsOf('pay', 2),
  weight: 7,
  rhythm: 0.9,
  write(random, { timeText, host, id, isError }) {
    const level = isError ? 'ERROR' : 'INFO'
    const detail = isError ? `,"stack_trace":"${stackTrace(random)}"` : ''
    const message = isError ? 'charge failed' : 'charge accepted'
    return `{"@timestamp":"${timeText.slice(0, -1)}+00:00","level":"${level}","logger_name":"com.shop.payments.Charge","thread_name":"http-nio-8080-exec-${random.below(64)}","service":"payments","host":"${host}","trace_id":"${traceId(random)}","message":"${message}","amount_cents":${random.below(90_000)},"provider":"${random.pick(['card', 'sepa', 'wallet'])}","attempt":${random.between(1, 3)},"id":"${id}"${detail}}`
  },
}

const search: ServiceModel = {
  name: 'search',
  hosts: hostsOf('search', 3),
  weight: 14,
  rhythm: 0.7,
  write(random, { timeText, host, id, isError }) {
    const level = isError ? 'error' : random.isOneIn(4) ? 'debug' : 'info'
    return `{"ts":"${timeText}","level":"${level}","service":"search","host":"${host}","trace_id":"${traceId(random)}","msg":"${isError ? 'shard 3 did not answer' : 'query done'}","query":"${random.pick(words)} ${random.pick(words)}","hits":${random.below(20_000)},"took_ms":${random.below(3000) / 10},"cached":${random.isOneIn(3)},"shards":[0,1,2,3],"id":"${id}"}`
  },
}

const catalog: ServiceModel = {
  name: 'catalog',
  hosts: hostsOf('cat', 2),
  weight: 8,
  rhythm: 0.4,
  write(random, { timeMs, host, id, isError }) {
    const seconds = `${Math.floor(timeMs / 1000)}.${String(timeMs % 1000).padStart(3, '0')}`
    const detail = isError ? `,"error":{"kind":"Timeout","stack":"${stackTrace(random)}"}` : ''
    return `{"time":${seconds},"lvl":"${isError ? 'error' : 'info'}","app":"catalog","host":"${host}","message":"${isError ? 'price import failed' : 'product updated'}","sku":"SKU-${random.below(99_999)}","changed":["price","stock"],"id":"${id}"${detail}}`
  },
}

const mailer: ServiceModel = {
  name: 'mailer',
  hosts: hostsOf('mail', 1),
  weight: 4,
  rhythm: 0.3,
  write(random, { timeText, id, isError }) {
    const message = isError ? `refused: 451 try again in ${random.between(1, 60)} min` : 'sent'
    return `{"ts":"${timeText}","level":"${isError ? 'err' : 'info'}","service":"mailer","msg":"${message}","id":"${id}"}`
  },
}

const devices: ServiceModel = {
  name: 'iot-hub',
  hosts: hostsOf('hub', 4),
  weight: 15,
  rhythm: 0,
  write(random, { timeText, host, id, isError }) {
    const value = random.between(-200, 900) / 10
    return `{"ts":"${timeText}","severity":"${isError ? 'error' : 'info'}","service":"iot-hub","host":"${host}","event":"${isError ? 'sensor out of range' : 'reading'}","device":{"id":"dev-${random.below(20_000)}","model":"${random.pick(['T100', 'T200', 'H7'])}","fw":"2.${random.below(9)}.1"},"metric":"${random.pick(['temperature', 'humidity', 'power'])}","value":${value},"battery":${random.below(101)},"rssi":-${random.between(40, 95)},"id":"${id}"}`
  },
}

export const serviceModels: readonly ServiceModel[] = [
  gateway,
  auth,
  checkout,
  payments,
  search,
  catalog,
  mailer,
  devices,
]
