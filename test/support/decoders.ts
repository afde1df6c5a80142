/** For tests that inflate in this thread, where no worker loads what is missing. */
import { codecs } from '../../src/codecs/codec.ts'
import { loadDecoder } from '../../src/codecs/decompress.ts'

for (const codec of codecs) if (codec !== 'none') await loadDecoder(codec)
