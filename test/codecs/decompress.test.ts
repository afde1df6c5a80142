/**
 * Every decoder: what others compressed comes back, a bomb is refused before it takes memory, and a stream that is cut
 * or damaged ends in an error or in bytes under the cap, never outside of its room.
 */
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import * as assert from 'uvu/assert'
import { type Codec, codecs, TooLargeError } from '../../src/codecs/codec.ts'
import { compress } from '../../src/codecs/compress.ts'
import { decompress, loadDecoder } from '../../src/codecs/decompress.ts'
import { runs } from '../kernel/arbitraries.ts'
import { suite } from '../support/suite.ts'
import { lz4Frame, lz4Match, xerial, zstdFrame, zstdRepeat } from './framings.ts'

const test = suite('codecs: decompress', { timeoutMs: 60_000 })
const MIB = 2 ** 20
const packers = codecs.slice(1) as Exclude<Codec, 'none'>[]
for (const codec of packers) await loadDecoder(codec)

/** Text as logs are: parts that come again, and parts that do not. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom('{"level":"info"}', 'aaaa', '\n'), fc.string(), fc.base64String()), {
    maxLength: 400,
  })
  .map(parts => Buffer.from(parts.join('')))

for (const codec of packers) {
  test(`${codec}: what is compressed comes back`, () => {
    fc.assert(
      fc.property(anyText, plain => {
        assert.ok(decompress(codec, compress(codec, plain), MIB).equals(plain))
      }),
      runs(200),
    )
    const large = Buffer.from(
      Array.from({ length: 3 * MIB }, (_, i) => (i % 1000 < 700 ? i % 89 : (i * i) % 251)),
    )
    assert.ok(decompress(codec, compress(codec, large), 3 * MIB).equals(large))
  })

  test(`${codec}: exactly the cap passes, one byte more does not`, () => {
    const packed = compress(codec, Buffer.alloc(MIB, 'abc'))
    assert.is(decompress(codec, packed, MIB).length, MIB)
    assert.throws(
      () => decompress(codec, packed, MIB - 1),
      (error: unknown) => error instanceof TooLargeError,
    )
  })

  test(`${codec}: cut anywhere, it is an error`, () => {
    const plain = Buffer.from('one line of a log, and then one line of a log again, and 0123456789')
    const packed = compress(codec, plain)
    for (let bytes = 0; bytes < packed.length; bytes++) {
      // A copy: what lies behind the end must not be there to read.
      const cut = Buffer.from(packed.subarray(0, bytes))
      assert.throws(() => decompress(codec, cut, MIB), `${bytes} of ${packed.length} bytes`)
    }
  })

  test(`${codec}: damaged, it ends in an error or under the cap`, () => {
    fc.assert(
      fc.property(anyText, fc.nat(), fc.nat({ max: 255 }), (plain, where, byte) => {
        const packed = Buffer.from(compress(codec, plain))
        packed[where % packed.length] = byte
        try {
          assert.ok(decompress(codec, packed, 4096).length <= 4096)
        } catch (error) {
          assert.instance(error, Error)
        }
      }),
      runs(500),
    )
  })

  test(`${codec}: any bytes end in an error or under the cap`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        const damaged = Buffer.concat([compress(codec, Buffer.from('x')).subarray(0, 7), bytes])
        try {
          assert.ok(decompress(codec, damaged, 4096).length <= 4096)
        } catch (error) {
          assert.instance(error, Error)
        }
      }),
      runs(500),
    )
  })
}

/** What the operating system gave to this process while `run` ran, bytes. */
function growth(run: () => void): number {
  const before = process.memoryUsage.rss()
  run()
  return process.memoryUsage.rss() - before
}

const GIB = 2 ** 30
/** What takes some kilobytes and stands for a gibibyte. */
const bombs: readonly [string, Exclude<Codec, 'none'>, Buffer][] = [
  ['gzip of zeros', 'gzip', gzipSync(Buffer.alloc(64 * MIB))],
  ['snappy that tells its size', 'snappy', compressSync(Buffer.alloc(64 * MIB))],
  ['snappy in many blocks', 'snappy', xerial(Array.from({ length: 2048 }, () => Buffer.alloc(32_768)))],
  ['lz4 in one frame', 'lz4', compressFrameSync(Buffer.alloc(64 * MIB))],
  ['lz4 in many blocks', 'lz4', lz4Frame(Array.from({ length: 1024 }, () => lz4Match(65_000)))],
  ['zstd of repeated bytes', 'zstd', zstdFrame(zstdRepeat(GIB))],
  ['zstd that says it is small', 'zstd', zstdFrame(zstdRepeat(GIB), 10)],
]
for (const [name, codec, bomb] of bombs) {
  test(`a bomb is refused before it takes memory: ${name}`, () => {
    let thrown: unknown = null
    const grown = growth(() => {
      try {
        decompress(codec, bomb, MIB)
      } catch (error) {
        thrown = error
      }
    })
    assert.instance(thrown, Error)
    assert.ok(grown < 24 * MIB, `${Math.round(grown / MIB)} MiB for it`)
  })
}

test('a size that a stream tells too large takes no memory', () => {
  // A raw snappy block of five bytes that tells 1 MiB, and an lz4 frame whose blocks could hold 4 MiB each.
  assert.throws(
    () => decompress('snappy', Buffer.from([0x80, 0x80, 0x40, 0, 0x61]), MIB),
    /say that they give/,
  )
  const small = decompress(
    'lz4',
    lz4Frame(
      Array.from({ length: 500 }, () => lz4Match(20)),
      { sizes: 7 },
    ),
    MIB,
  )
  assert.is(small.length, 500 * 20)
})

test('snappy in the framing of Java', () => {
  const blocks = ['first block', 'second', ''].map(text => Buffer.from(text))
  assert.is(decompress('snappy', xerial(blocks), MIB).toString(), 'first blocksecond')
  assert.is(decompress('snappy', xerial([]), MIB).length, 0)
  assert.throws(
    () => decompress('snappy', xerial(blocks), 10),
    (error: unknown) => error instanceof TooLargeError,
  )
})

test('lz4 frames of every kind of flags', () => {
  const text = Buffer.from('stored as it is')
  for (const blockChecksums of [false, true])
    for (const contentSize of [false, true]) {
      const frame = lz4Frame([{ stored: text }, lz4Match(300)], { blockChecksums, contentSize })
      assert.is(decompress('lz4', frame, MIB).toString(), `stored as it is${'a'.repeat(300)}`)
    }
  // The second block takes from the first: allowed where the frame says that blocks are linked.
  const back = { packed: Buffer.from([0x0b, 15, 0, 0x10, 0x21]) }
  const linked = lz4Frame([{ stored: text }, back], { isLinked: true })
  assert.is(decompress('lz4', linked, MIB).toString(), 'stored as it isstored as it is!')
  assert.throws(() => decompress('lz4', lz4Frame([{ stored: text }, back]), MIB), /grammar/)
})

test('zstd of several frames, with what is to be skipped between', () => {
  const frames = Buffer.concat([
    compress('zstd', Buffer.from('one ')),
    Buffer.from('502a4d1803000000aabbcc', 'hex'),
    compress('zstd', Buffer.from('two')),
  ])
  assert.is(decompress('zstd', frames, MIB).toString(), 'one two')
  assert.throws(
    () => decompress('zstd', frames, 6),
    (error: unknown) => error instanceof TooLargeError,
  )
})

test.run()
