/**
 * Is a session behind a pooler ours alone? In transaction mode another client's statements run in it between ours: its
 * settings and its backend are not ours then, and to end "our" backend would end somebody else's work.
 */
import type pg from 'pg'
import { PipelineError } from '../errors.ts'

/** Other clients of the pooler may come between two looks, so one look is not enough. */
const LOOKS = 3
/** A second session that has to wait so long does so because the first one keeps its backend: all is well. */
const PATIENCE_MS = 1_000

interface Other {
  readonly client: pg.Client
}

/**
 * Throws POSTGRES_POOLER when the backend of `client`, whose process id is `pid`, answers to another client too while
 * nothing of ours is open on it. `openOther` connects in the same way.
 */
export async function refuseTransactionPooling(
  client: pg.Client,
  pid: number,
  openOther: () => Promise<Other>,
): Promise<void> {
  const opening = openOther()
  try {
    const other = await within(opening, PATIENCE_MS)
    if (other === null) return
    for (let look = 0; look < LOOKS; look++) {
      const own = await backendOf(client)
      if (own !== pid || (await backendOf(other.client)) === own) throw new PipelineError('POSTGRES_POOLER')
    }
  } finally {
    // Also one that comes late; why another does not come at all is of no interest.
    void opening.then(other => other.client.end()).catch(() => undefined)
  }
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]!.pid
}

/** Null when it takes longer. */
async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>(resolve => {
    timer = setTimeout(() => resolve(null), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
