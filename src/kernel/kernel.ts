/**
 * Loads the compiled kernel that lies beside this file in dist/ (scripts/build-kernel.mjs). For the main thread:
 * the module goes to the workers as workerData, each makes its own instance (instance.ts).
 */
import { readFile } from 'node:fs/promises'

/** Compiles the kernel. @throws the file system's error when it was not built. */
export async function loadKernelModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL('./kernel.wasm', import.meta.url)))
}
