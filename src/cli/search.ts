/** `logcollector search`: asks the API for stored records, newest first, page by page. Neighbours: tail.ts, client/. */
import type { Command } from 'commander'
import type { SearchAnswer } from '../query/contract.ts'
import { parseFilter } from '../query/filter.ts'
import { type ApiOptions, apiOf, withApi } from './client/api.ts'
import { recordLineFor } from './client/record-line.ts'
import { type CliContext, positive } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Options extends ApiOptions {
  readonly since?: string
  readonly from?: string
  readonly to?: string
  readonly limit: number
}

const MOST_IN_PAGE = 1_000
const USUAL_LIMIT = 100

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withApi(program.command('search'))
    .description('search what is stored, newest first; coloured at a terminal, else one JSON object a line')
    .option('--since <time>', 'so long ago (15m, 2h, 7d) or a time; all there is unless told')
    .option('--from <time>', 'from this time on (ISO 8601)')
    .option('--to <time>', 'before this time')
    .option('--limit <records>', 'at most so many', positive, USUAL_LIMIT)
    .action(async (words: string[], options: Options) => {
      context.exitCode = await search(words.join(' '), options, context)
    })
}

async function search(filter: string, options: Options, context: CliContext): Promise<ExitCode> {
  const parameters = [...parseFilter(filter), ...timesOf(options)]
  const ask = apiOf(options, context)
  const line = recordLineFor(options.json === true, process.stdout.isTTY === true)
  const stop = new AbortController()
  let left = options.limit
  let cursor: string | null = null
  do {
    const page: [string, string][] = [['limit', String(Math.min(left, MOST_IN_PAGE))]]
    if (cursor !== null) page.push(['cursor', cursor])
    const answer = await ask('logs', [...parameters, ...page], { signal: stop.signal })
    const { next, records } = (await answer.json()) as SearchAnswer
    for (const record of records) context.out(line(record))
    left -= records.length
    cursor = next
  } while (cursor !== null && left > 0)
  return exitCodes.ok.code
}

const timesOf = ({ from, since, to }: Options): (readonly [string, string])[] =>
  Object.entries({ from, since, to }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
