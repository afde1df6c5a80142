/**
 * The same work as pgbench's by plain clients, for servers that come without it (as the binaries from npm do): the
 * TPC-B-like transaction of pgbench's manual over tables of the same size. Neighbour: user-load.ts.
 */
import { once } from 'node:events'
import pg from 'pg'
import { CLIENTS, figuresOf, SCALE, type Transaction, type UserLoad } from './user-load.ts'

const ACCOUNTS = 100_000 * SCALE
const TELLERS = 10 * SCALE

const TABLES = `
  create table bench_branches as select id, 0 as balance from generate_series(1, ${SCALE}) as id;
  create table bench_tellers as select id, 0 as balance from generate_series(1, ${TELLERS}) as id;
  create table bench_accounts as
    select id, 0 as balance, repeat(' ', 84) as filler from generate_series(1, ${ACCOUNTS}) as id;
  create table bench_history (teller integer, branch integer, account integer, delta integer, at timestamptz);
  alter table bench_branches add primary key (id);
  alter table bench_tellers add primary key (id);
  alter table bench_accounts add primary key (id);
  vacuum analyze`

/** Makes its tables in the database of `url`. */
export async function preparePlainLoad(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  // Each by itself: VACUUM takes no company.
  for (const statement of TABLES.split(';')) await client.query(statement)
  await client.end()
}

const below = (end: number): number => 1 + Math.floor(Math.random() * end)

async function transact(client: pg.Client): Promise<void> {
  const [account, teller, branch, delta] = [
    below(ACCOUNTS),
    below(TELLERS),
    below(SCALE),
    below(10_000) - 5_000,
  ]
  await client.query('begin')
  await client.query('update bench_accounts set balance = balance + $1 where id = $2', [delta, account])
  await client.query('select balance from bench_accounts where id = $1', [account])
  await client.query('update bench_tellers set balance = balance + $1 where id = $2', [delta, teller])
  await client.query('update bench_branches set balance = balance + $1 where id = $2', [delta, branch])
  await client.query('insert into bench_history values ($1, $2, $3, $4, now())', [
    teller,
    branch,
    account,
    delta,
  ])
  await client.query('commit')
}

export function startPlainLoad(url: string): UserLoad {
  const ending = new AbortController()
  const done: Transaction[] = []
  const work = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    while (!ending.signal.aborted) {
      const begin = performance.now()
      await transact(client)
      done.push({ endedAtMs: Date.now(), latencyMs: performance.now() - begin })
    }
    const ended = once(client, 'end')
    await client.end()
    await ended
  }
  const working = Promise.all(Array.from({ length: CLIENTS }, work))
  // Whoever stops it hears of a failure; until then it must not end the process.
  working.catch(() => undefined)
  return {
    async stop(fromMs, toMs) {
      ending.abort()
      await working
      return figuresOf(done, fromMs, toMs)
    },
  }
}
