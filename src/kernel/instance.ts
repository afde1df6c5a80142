/**
 * The compiled kernel over one shared memory, typed. One instance a worker; no I/O. Its calls are described at
 * their definitions in src/kernel/assembly: begin.ts, batch.ts, finish.ts.
 */
interface KernelExports {
  begin(
    slot: number,
    output: number,
    outputBytes: number,
    topicId: number,
    partition: number,
    nowMs: number,
    fromOffset: number,
    toOffset: number,
  ): void
  /** `more` is 0 or 1. Gives a STEP_… of memory-map.ts. */
  parseRecords(batch: number, at: number, end: number, more: number, remaining: number): number
  passOversized(batch: number, at: number, end: number, left: number, remaining: number): number
  /** After STEP_FIELDS: a SETTLE_…, with its bytes or code. */
  settleRecord(how: number, detail: number): number
  passTo(nextOffset: number): void
  finish(): void
}

export interface Kernel extends KernelExports {
  readonly memory: WebAssembly.Memory
  /** Over all of the memory, which never grows. */
  readonly view: DataView
  readonly bytes: Buffer
}

/** Instantiates the module over the memory (shared, at most 65,536 pages; page 0 becomes the kernel's). */
export function instantiateKernel(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernel {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const calls = exports as unknown as KernelExports
  return {
    memory,
    view: new DataView(memory.buffer),
    bytes: Buffer.from(memory.buffer),
    begin: calls.begin,
    parseRecords: calls.parseRecords,
    passOversized: calls.passOversized,
    settleRecord: calls.settleRecord,
    passTo: calls.passTo,
    finish: calls.finish,
  }
}
