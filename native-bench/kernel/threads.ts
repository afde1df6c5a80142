/** Several threads at once, each with a kernel, a memory and an input of its own, as the program's workers have them. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Of each run, the ns a line of each thread. */
export async function runThreads(threads: number, runs: number): Promise<number[][]> {
  const file = new URL('./thread.js', import.meta.url)
  const workers = Array.from({ length: threads }, () => new Worker(file))
  try {
    const answers = (): Promise<unknown[]> =>
      Promise.all(workers.map(async worker => (await once(worker, 'message'))[0]))
    await answers()
    const all: number[][] = []
    for (let run = 0; run < runs; run++) {
      const times = answers()
      for (const worker of workers) worker.postMessage('run')
      all.push((await times) as number[])
    }
    return all
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()))
  }
}
