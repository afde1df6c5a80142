/** The stream of the pino transport over a sender that the test answers for: bounds, losses and its end. */
import * as assert from 'uvu/assert'
import createTransport, { type PinoTransportOptions } from '../../src/transport/pino.ts'
import type { Sender, Sent } from '../../src/transport/sender.ts'
import { type Losses, type TransportLimits, TransportStream } from '../../src/transport/transport.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('transport/transport')

/** Keeps every batch until the test answers it. */
class HeldSender implements Sender {
  readonly batches: {
    readonly lines: string[]
    readonly answer: (sent: Sent) => void
    readonly fail: (reason: string) => void
  }[] = []
  isClosed = false

  send(lines: readonly Buffer[], signal: AbortSignal, fail: (reason: string) => void): Promise<Sent> {
    return new Promise((answer, reject) => {
      this.batches.push({ lines: lines.map(String), answer, fail })
      signal.addEventListener('abort', () => reject(new Error('given up')))
    })
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}

function streamOver(limits: Partial<TransportLimits>) {
  const sender = new HeldSender()
  const told: Losses[] = []
  const stream = new TransportStream(
    sender,
    { bufferBytes: 1_000, batchBytes: 100, closeTimeoutMs: 1_000, ...limits },
    losses => told.push(losses),
  )
  return { sender, stream, told }
}

const fine: Sent = { rejected: 0, reason: '' }
const batches = ({ batches: all }: HeldSender, count: number) =>
  until(() => all.length >= count, { deadlineMs: 2_000, what: `${count} batches`, everyMs: 1 })
const ended = (stream: TransportStream) => new Promise<void>(resolve => stream.once('close', resolve))

test('lines go in batches, one in flight; at the end all of them', async () => {
  const { sender, stream, told } = streamOver({ batchBytes: 12 })
  stream.write('{"a":1}\n{"b"')
  stream.write(':2}\n\n{"c":3}\n{"d":4}')
  await batches(sender, 1)
  stream.end()
  const closed = ended(stream)
  for (const line of ['{"a":1}', '{"b":2}', '{"c":3}', '{"d":4}']) {
    const at = sender.batches.length
    assert.equal(sender.batches.at(-1)?.lines, [line])
    sender.batches.at(-1)!.answer(fine)
    if (line !== '{"d":4}') await batches(sender, at + 1)
  }
  await closed
  assert.equal([sender.isClosed, told], [true, []])
})

test('what does not fit is dropped and told; what is on its way counts', async () => {
  const { sender, stream, told } = streamOver({ bufferBytes: 100, batchBytes: 60 })
  const line = `${'x'.repeat(49)}\n`
  stream.write(line.repeat(2))
  await batches(sender, 1)
  sender.batches[0]!.fail('nobody answers')
  stream.write(line.repeat(3))
  assert.is(stream.losses.dropped, 3)
  await until(() => told.length > 0, { deadlineMs: 3_000, what: 'the losses are told' })
  assert.equal(told, [{ dropped: 3, rejected: 0, reason: 'nobody answers' }])
  sender.batches[0]!.answer({ rejected: 1, reason: 'why' })
  await batches(sender, 2)
  stream.write(line)
  assert.is(stream.losses.dropped, 3, 'there is room again')
  sender.batches[1]!.answer(fine)
  await batches(sender, 3)
  sender.batches[2]!.answer(fine)
  stream.end()
  await ended(stream)
  assert.equal(told.at(-1), { dropped: 3, rejected: 1, reason: 'why' })
})

test('the end is not waited for longer than it may take', async () => {
  const { sender, stream, told } = streamOver({ closeTimeoutMs: 50, batchBytes: 4 })
  stream.write('one\ntwo\n')
  await batches(sender, 1)
  stream.end()
  await ended(stream)
  assert.equal(told, [{ dropped: 2, rejected: 0, reason: '' }])
})

test('flush calls back when all has arrived', async () => {
  const { sender, stream } = streamOver({})
  stream.write('one\n')
  await batches(sender, 1)
  let isFlushed = false
  const flushed = new Promise<void>(resolve => stream.flush(resolve)).then(() => {
    isFlushed = true
  })
  assert.not(isFlushed)
  sender.batches[0]!.answer(fine)
  await flushed
  stream.end()
  await ended(stream)
})

test('options that do not fit are refused with the reason', async () => {
  const problemOf = (options: object) =>
    createTransport(options as PinoTransportOptions).then(
      () => 'none',
      error => error.message,
    )
  assert.match(await problemOf({}), 'give either url')
  assert.match(await problemOf({ url: 'http://h', brokers: ['h:1'], topic: 't' }), 'give either url')
  assert.match(await problemOf({ url: 'h:80' }), 'url must begin with http')
  assert.match(await problemOf({ brokers: ['h:1'] }), 'brokers need a topic')
  assert.match(await problemOf({ brokers: ['nonsense'], topic: 't' }), 'not valid')
  assert.match(await problemOf({ url: 'http://h', bufferBytes: -1 }), 'bufferBytes must be a whole number')
  assert.match(await problemOf({ url: 'http://h', closeTimeoutMs: 20_000 }), 'at most 9000')
})

test.run()
