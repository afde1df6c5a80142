/**
 * Loads the compiled kernel that lies beside this file in dist/ (scripts/build-kernel.mjs). For the main thread:
 * the module goes to the workers as workerData, each makes its own instance (instance.ts).
 */
import { readFileSync } from 'node:fs'

/** Compiles the kernel, a few kilobytes. @throws the file system's error when it was not built. */
export function loadKernelModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('./kernel.wasm', import.meta.url)))
}
