/** The generated logs have the shares, sizes and rhythm that the generator promises, and the same for the same seed. */
import * as assert from 'uvu/assert'
import { LogGenerator, recordId } from '../../src/produce/generate.ts'
import { suite } from '../support/suite.ts'

const test = suite('generate.ts', { timeoutMs: 20_000 })
const records = 50_000
const dayMs = 86_400_000
const startMs = Date.UTC(2025, 5, 15)

const createGenerator = (seed: number, count = records): LogGenerator =>
  new LogGenerator({ seed, records: count, startMs, spanMs: dayMs })

const textOf = ({ buffer, length }: LogGenerator): string => buffer.toString('utf8', 0, length)
const isNear = (actual: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} is not near ${expected}`)

test('as many records as asked for, each with its id', () => {
  const generator = createGenerator(1, 3000)
  let count = 0
  while (generator.next()) {
    const id = recordId(1, count++)
    assert.ok(textOf(generator).includes(id), `${id} is in ${textOf(generator)}`)
  }
  assert.is(count, 3000)
  assert.not.ok(generator.next())
})

test('well-formed records are JSON objects with their id, error level and bytes that survive', () => {
  const generator = createGenerator(2)
  while (generator.next()) {
    if (generator.isMalformed) continue
    const text = textOf(generator)
    assert.is(JSON.parse(text).id, recordId(2, generator.index))
    assert.is(Buffer.byteLength(text), generator.length)
    assert.not.match(text, '\n')
  }
})

test('shares and sizes', () => {
  const generator = createGenerator(3)
  const services = new Map<string, number>()
  let [bytes, errors, malformed, least, most, traces] = [0, 0, 0, Infinity, 0, 0]
  while (generator.next()) {
    bytes += generator.length
    least = Math.min(least, generator.length)
    most = Math.max(most, generator.length)
    errors += Number(generator.isError)
    malformed += Number(generator.isMalformed)
    traces += Number(generator.isError && textOf(generator).includes('\\n\\tat '))
    services.set(generator.service, (services.get(generator.service) ?? 0) + 1)
  }
  isNear(bytes / records, 300, 20, 'mean size')
  isNear(errors / records, 0.02, 0.003, 'errors')
  isNear(malformed / records, 0.01, 0.002, 'malformed')
  assert.ok(least >= 80 && most <= 4096 && most > 3000, `sizes from ${least} to ${most}`)
  assert.ok(traces > 100)
  assert.ok(services.size >= 6 && [...services.values()].every(count => count > records / 100))
})

test('times rise over the span, with more records in the afternoon than at night', () => {
  const generator = createGenerator(4)
  const perHour = new Array<number>(24).fill(0)
  let lastMs = 0
  while (generator.next()) {
    assert.ok(generator.timeMs >= lastMs && generator.timeMs <= startMs + dayMs)
    lastMs = generator.timeMs
    perHour[new Date(generator.timeMs).getUTCHours()]!++
  }
  isNear(lastMs, startMs + dayMs, dayMs / 100, 'the last time')
  assert.ok(perHour[15]! > 2 * perHour[3]!)
})

test('the same seed gives the same bytes, another one others', () => {
  const [one, same, other] = [createGenerator(5), createGenerator(5), createGenerator(6)]
  for (let n = 0; n < 1000; n++) {
    for (const generator of [one, same, other]) generator.next()
    assert.is(textOf(one), textOf(same))
    assert.is.not(textOf(one), textOf(other))
  }
})

test.run()
