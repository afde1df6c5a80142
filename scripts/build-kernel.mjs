/**
 * Compiles the kernel (src/kernel/assembly) to WebAssembly: node scripts/build-kernel.mjs [output folder].
 * Run by the build after tsc; the result lies beside the compiled src/kernel/kernel.ts, which loads it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import binaryen from 'binaryen'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const wasm = join(process.argv[2] ?? join(root, 'dist'), 'src', 'kernel', 'kernel.wasm')

// Import limits of 1 to 65536 pages: any shared memory fits them. Static data must stay in page 0.
const { error, stderr, binary } = await compile()
if (error || !binary) {
  console.error(stderr || String(error))
  process.exit(1)
}
mkdirSync(dirname(wasm), { recursive: true })
writeFileSync(wasm, inlined(binary))

async function compile() {
  let binary = null
  const result = await asc
    .main(
      [
        'src/kernel/assembly/index.ts',
        ...['--outFile', 'kernel.wasm', '-O3', '--runtime', 'stub', '--noAssert'],
        ...['--enable', 'simd', '--enable', 'threads', '--importMemory', '--sharedMemory'],
        ...['--initialMemory', '1', '--maximumMemory', '65536', '--use', 'abort='],
      ],
      {
        baseDir: root,
        writeFile: (name, contents) => {
          if (name.endsWith('.wasm')) binary = contents
        },
      },
    )
    .catch(error => ({ error, stderr: '' }))
  return { error: result.error, stderr: result.stderr.toString(), binary }
}

/**
 * The same module with the scanners' small steps inlined into their loops, which asc's own limits leave as calls: 5 to
 * 15 % less time per record for half as much code again. Two rounds, because the first makes new candidates.
 */
function inlined(binary) {
  const { Features } = binaryen
  const module = binaryen.readBinary(binary)
  module.setFeatures(
    Features.SIMD128 |
      Features.Atomics |
      Features.BulkMemory |
      Features.BulkMemoryOpt |
      Features.MutableGlobals |
      Features.SignExt |
      Features.NontrappingFPToInt,
  )
  binaryen.setOptimizeLevel(4)
  binaryen.setShrinkLevel(0)
  binaryen.setAlwaysInlineMaxSize(80)
  binaryen.setFlexibleInlineMaxSize(300)
  binaryen.setOneCallerInlineMaxSize(100_000)
  binaryen.setAllowInliningFunctionsWithLoops(true)
  module.optimize()
  module.optimize()
  if (!module.validate()) throw new Error('the inlined kernel is not valid WebAssembly')
  return module.emitBinary()
}
