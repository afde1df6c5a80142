/**
 * A thread that asks Postgres again and again how far each partition is visible, so that the producer's work in the main
 * thread does not delay the look. Times are ms since 1970 by the monotonic clock, which threads share.
 */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import pg from 'pg'

/** One answer: when it came, and the next offset of each partition. */
export interface Look {
  readonly at: number
  readonly next: ReadonlyMap<number, number>
}

interface Assignment {
  readonly database: string
  readonly topic: string
}

/**
 * Between an answer and the next question, ms: as much as is added to a latency at most, beside the question's own time.
 * Looking more often takes CPU from what is measured.
 */
export const LOOK_EVERY_MS = 4
const PATIENCE_MS = 60_000
const POSITIONS = `select kafka_partition, next_offset::float8 from logcollector.offsets
  join logcollector.topics using (topic_id) where topic = $1`

export const clock = (): number => performance.timeOrigin + performance.now()

export interface Watch {
  /** Resolves when all of that is visible, with every look at which something had moved. Rejects after a minute. */
  until(ends: ReadonlyMap<number, number>): Promise<readonly Look[]>
}

/** Begins to look. */
export async function watch(assignment: Assignment): Promise<Watch> {
  const worker = new Worker(new URL(import.meta.url), { workerData: assignment })
  await once(worker, 'message')
  return {
    async until(ends) {
      worker.postMessage(ends)
      const signal = AbortSignal.timeout(PATIENCE_MS)
      try {
        const [looks] = (await once(worker, 'message', { signal })) as [readonly Look[]]
        return looks
      } finally {
        await worker.terminate()
      }
    },
  }
}

async function look({ database, topic }: Assignment): Promise<void> {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  const looks: Look[] = []
  let ends: ReadonlyMap<number, number> | null = null
  parentPort!.once('message', (told: ReadonlyMap<number, number>) => {
    ends = told
  })
  parentPort!.postMessage('looking')
  let sum = -1
  for (;;) {
    const query = { name: 'positions', text: POSITIONS, values: [topic] }
    const { rows } = await client.query<{ kafka_partition: number; next_offset: number }>(query)
    const at = clock()
    const next = new Map(rows.map(row => [row.kafka_partition, row.next_offset]))
    const now = rows.reduce((total, row) => total + row.next_offset, 0)
    if (now !== sum) looks.push({ at, next })
    sum = now
    if (isReached(ends, next)) break
    await delay(LOOK_EVERY_MS)
  }
  await client.end()
  parentPort!.postMessage(looks)
}

const isReached = (ends: ReadonlyMap<number, number> | null, next: ReadonlyMap<number, number>): boolean =>
  ends !== null && [...ends].every(([partition, end]) => (next.get(partition) ?? 0) >= end)

if (!isMainThread) await look(workerData as Assignment)
