import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { FrameReader } from '../../src/source/kafka/frames.ts'
import { suite } from '../support/suite.ts'

const test = suite('frame reader', { timeoutMs: 20_000 })

interface Frame {
  readonly isFetch: boolean
  readonly body: Uint8Array
}

const frame = (id: number, body: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(8 + body.length)
  bytes.writeInt32BE(4 + body.length, 0)
  bytes.writeInt32BE(id, 4)
  bytes.set(body, 8)
  return bytes
}

const request = (apiKey: number, id: number): Buffer => {
  const bytes = Buffer.alloc(20)
  bytes.writeInt32BE(16, 0)
  bytes.writeInt16BE(apiKey, 4)
  bytes.writeInt32BE(id, 8)
  return bytes
}

/** Feeds a stream as a socket would: each read fills at most the buffer on offer, cut at random. */
function feed(reader: FrameReader, stream: Buffer, cuts: readonly number[]): void {
  let at = 0
  for (let turn = 0; at < stream.length; turn++) {
    const buffer = reader.nextBuffer()
    const count = Math.min(buffer.length, stream.length - at, 1 + (cuts[turn % cuts.length] ?? 0))
    buffer.set(stream.subarray(at, at + count))
    at += count
    reader.onRead(count)
  }
}

test('Fetch bodies land in their targets, everything else passes to kafkajs, however the stream is cut', () => {
  const frames = fc.array(fc.record({ isFetch: fc.boolean(), body: fc.uint8Array({ maxLength: 3_000 }) }), {
    maxLength: 8,
  })
  const cuts = fc.array(fc.nat(70_000), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(frames, cuts, (list: Frame[], sizes) => {
      const passed: Buffer[] = []
      const reader = new FrameReader(
        bytes => passed.push(bytes),
        error => assert.unreachable(error.message),
      )
      const places = list.map(({ body }) => new Uint8Array(body.length + 16).fill(0xaa))
      const expected: Buffer[] = []
      list.forEach(({ isFetch, body }, id) => {
        if (isFetch) {
          reader.announce({ place: bytes => places[id]!.subarray(8, 8 + bytes) })
          reader.onWrite(request(1, id))
        } else reader.onWrite(request(3, id))
        expected.push(isFetch ? frame(id, new Uint8Array()) : frame(id, body))
      })
      feed(reader, Buffer.concat(list.map(({ body }, id) => frame(id, body))), sizes)
      assert.equal(Buffer.concat(passed), Buffer.concat(expected))
      list.forEach(({ isFetch, body }, id) => {
        const whole = new Uint8Array(body.length + 16).fill(0xaa)
        if (isFetch) whole.set(body, 8)
        assert.equal(places[id], whole)
      })
    }),
  )
})

test('a frame without a place destroys the connection and nothing of it is read', () => {
  let failure: Error | null = null
  const reader = new FrameReader(
    () => assert.unreachable('nothing may pass'),
    error => {
      failure = error
    },
  )
  reader.announce({ place: () => null })
  reader.onWrite(request(1, 5))
  feed(reader, frame(5, new Uint8Array(10)), [100])
  assert.match(String(failure), /no place in the arena for a frame of 10 bytes/)
})

test('only the announced Fetch is taken: an unannounced one belongs to kafkajs', () => {
  const passed: Buffer[] = []
  const reader = new FrameReader(
    bytes => passed.push(bytes),
    error => assert.unreachable(error.message),
  )
  reader.onWrite(request(1, 1))
  feed(reader, frame(1, new Uint8Array([1, 2, 3])), [100])
  assert.equal(Buffer.concat(passed), frame(1, new Uint8Array([1, 2, 3])))
})

test.run()
