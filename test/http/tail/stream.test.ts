/** A follower that stands still: src/http/tail/stream.ts adds nothing to what waits for it, and gives it up. */
import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import * as assert from 'uvu/assert'
import { EventStream } from '../../../src/http/tail/stream.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'

const test = suite('http/tail/stream')

/** A client that takes nothing until it is told to. */
function standing() {
  const take: (() => void)[] = []
  const writable = new Writable({ write: (_chunk, _encoding, done) => void take.push(done) })
  return { response: writable as unknown as ServerResponse, take }
}

const record = { message: 'x'.repeat(300_000) } as never

test('who takes nothing is written no signs of life, and is gone after a while', async () => {
  const { response } = standing()
  const stream = new EventStream(
    response,
    {},
    { onMissed: () => undefined, onSent: () => undefined },
    { everyMs: 1, stalledMs: 50 },
  )
  stream.moved(() => '1.0.5')
  await until(() => response.writableLength > 100, { deadlineMs: 2000, what: 'signs of life' })
  stream.records([record], '1.0.6')
  assert.ok(stream.isFull)
  const waiting = response.writableLength
  await until(() => response.destroyed, { deadlineMs: 5000, what: 'its end' })
  assert.is(response.writableLength, waiting)
  stream.close()
})

test('who goes on in time stays', async () => {
  const { response, take } = standing()
  const stream = new EventStream(
    response,
    {},
    { onMissed: () => undefined, onSent: () => undefined },
    { everyMs: 1, stalledMs: 600_000 },
  )
  stream.records([record], '1.0.6')
  assert.ok(stream.isFull)
  const drain = new Promise(resolve => response.once('drain', resolve))
  const taking = setInterval(() => take.shift()?.(), 1)
  await drain
  clearInterval(taking)
  assert.not(stream.isFull)
  assert.not(response.destroyed)
  stream.close()
})

test.run()
