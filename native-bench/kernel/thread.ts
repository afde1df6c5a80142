/** One of several threads that run the kernel over JSON lines at once: each message is a run, the answer its ns a line. */
import { parentPort } from 'node:worker_threads'
import { RUN_MS, time, WARM_UP_MS } from './clock.ts'
import { prepare } from './prepared.ts'
import { jsonLines } from './programs.ts'

const { walk } = prepare(jsonLines(), {})
time(WARM_UP_MS, walk)
parentPort!.on('message', () => parentPort!.postMessage(time(RUN_MS, walk)))
parentPort!.postMessage('ready')
