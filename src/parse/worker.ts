/**
 * The entry of a parse worker: one kernel over the arena, one task after the other, nothing but CPU (Piscina parks
 * idle threads, so timers and I/O would stall here). The other side is pool.ts; the contract is contract.ts.
 */
import { workerData } from 'node:worker_threads'
import { loadDecoder, NotLoadedError } from '../codecs/decompress.ts'
import { instantiateKernel } from '../kernel/instance.ts'
import { BatchWalk } from './batch-walk.ts'
import type { ParseResult, ParseTask } from './contract.ts'
import { stepCompiler } from './step-compiler.ts'
import type { WorkerData } from './worker-data.ts'

const { pipelines, steps, memory, module } = workerData as WorkerData
const compile = await stepCompiler(pipelines, steps)
const walk = new BatchWalk(instantiateKernel(module, memory), pipelines, compile)

/** Piscina's handler. Throws only where memory or settings are broken: then the thread's tasks have failed. */
export default async function parse(tasks: readonly ParseTask[]): Promise<readonly ParseResult[]> {
  const results: ParseResult[] = []
  for (const task of tasks) {
    try {
      results.push(walk.run(task))
    } catch (error) {
      if (!(error instanceof NotLoadedError)) throw error
      // The first batch of its codec in this thread: the task begins anew.
      await loadDecoder(error.codec)
      results.push(walk.run(task))
    }
  }
  return results
}
