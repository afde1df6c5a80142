import { gzipSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { type Codec, codecs } from '../../src/codecs/codec.ts'
import { compress } from '../../src/codecs/compress.ts'
import { Inflater } from '../../src/parse/inflate.ts'
import { BatchHeader } from '../../src/parse/kafka-batch.ts'
import '../support/decoders.ts'
import { suite } from '../support/suite.ts'

const test = suite('parse/inflate')
const MOST_BYTES = 2 ** 20

/** A header whose records are all of `packed`. */
function headerOf(packed: Buffer, codec: Codec): BatchHeader {
  const header = new BatchHeader()
  header.recordsAt = 0
  header.end = packed.length
  header.codecNumber = codecs.indexOf(codec)
  return header
}

function inflate(inflater: Inflater, packed: Buffer, inputKey = 1, codec: Codec = 'gzip'): Buffer {
  const inflated = inflater.inflate(packed, headerOf(packed, codec), inputKey)
  assert.ok(Buffer.isBuffer(inflated), 'it inflates')
  return inflated as Buffer
}

test('inflates to the very bytes, of any size, also where the size that gzip tells is wrong', () => {
  for (const bytes of [0, 1, 1023, 1024, 1025, 70_000, MOST_BYTES]) {
    const plain = Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 7919) % 251))
    assert.ok(inflate(new Inflater(MOST_BYTES), gzipSync(plain)).equals(plain), `${bytes} bytes`)
  }
  // Two members: the size is that of the last one.
  const [large, small] = [Buffer.alloc(300_000, 'a'), Buffer.from('b')]
  const both = inflate(new Inflater(MOST_BYTES), Buffer.concat([gzipSync(large), gzipSync(small)]))
  assert.ok(both.equals(Buffer.concat([large, small])))
})

test('keeps the batch in hand, and gives a large one back as soon as another comes', () => {
  const inflater = new Inflater(MOST_BYTES)
  const packed = gzipSync(Buffer.alloc(500_000, 'a'))
  const first = inflate(inflater, packed)
  assert.is(inflate(inflater, packed), first)
  const second = inflate(inflater, packed, 2)
  assert.is(first.length, 0, 'the memory of the first is free')
  assert.is(second.length, 500_000)
  inflater.forget()
  assert.is(second.length, 0)
})

for (const codec of codecs.slice(1)) {
  test(`the memory of a large batch is free at once, ${codec}`, () => {
    const inflater = new Inflater(MOST_BYTES)
    const inflated = inflate(inflater, compress(codec, Buffer.alloc(MOST_BYTES, 'ab')), 1, codec)
    assert.is(inflated.length, MOST_BYTES)
    inflater.forget()
    assert.is(inflated.length, 0)
  })
}

test('refuses a batch that inflates to more than it may, whatever size gzip tells', () => {
  const bomb = Buffer.concat([gzipSync(Buffer.alloc(MOST_BYTES + 1)), gzipSync(Buffer.from('b'))])
  for (const packed of [bomb, gzipSync(Buffer.alloc(4 * MOST_BYTES))]) {
    const fault = new Inflater(MOST_BYTES).inflate(packed, headerOf(packed, 'gzip'), 1)
    assert.is((fault as { stop: string }).stop, 'unsupported')
  }
})

test.run()
