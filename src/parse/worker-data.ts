/**
 * What a worker gets at its start, as Piscina's workerData. Neighbours: worker.ts reads it, the pool's owner makes it.
 */
import type { ParserSettings } from './contract.ts'
import type { StepContext } from './steps/index.ts'

export interface WorkerData {
  /** One a pipeline. */
  readonly pipelines: readonly ParserSettings[]
  readonly steps: StepContext
  /** The arena: shared, of fixed size. */
  readonly memory: WebAssembly.Memory
  /** From loadKernelModule. */
  readonly module: WebAssembly.Module
}
