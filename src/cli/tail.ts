/**
 * `logcollector tail`: follows what is committed, by the API, until Ctrl-C; after a break it goes on where it was.
 * Neighbours: search.ts, client/.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { PipelineError } from '../errors.ts'
import type { LogRecord } from '../query/contract.ts'
import { type FilterParameters, parseFilter } from '../query/filter.ts'
import { Backoff } from '../supervisor/backoff.ts'
import { type ApiOptions, type Ask, apiOf, withApi } from './client/api.ts'
import { recordLineFor } from './client/record-line.ts'
import type { CliContext } from './context.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { describeError } from './report-error.ts'

/** Adds the command. */
export function register(program: Command, context: CliContext): void {
  withApi(program.command('tail'))
    .description(
      'follow what is committed, until Ctrl-C; coloured at a terminal, else one JSON object a line',
    )
    .action(async (words: string[], options: ApiOptions) => {
      context.exitCode = await tail(words.join(' '), options, context)
    })
}

async function tail(filter: string, options: ApiOptions, context: CliContext): Promise<ExitCode> {
  const parameters = parseFilter(filter)
  const ask = apiOf(options, context)
  const line = recordLineFor(options.json === true, process.stdout.isTTY === true)
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  process.once('SIGINT', abort).once('SIGTERM', abort)
  const following = new Following(ask, parameters, {
    onRecord: record => context.out(line(record)),
    onMissed: records => context.note(`missed ${records} records: more came than could be shown\n`),
    onBreak: error => context.note(describeError(error, false, process.stderr.isTTY)),
  })
  try {
    await following.run(stop.signal)
    return exitCodes.ok.code
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort)
  }
}

interface Listener {
  onRecord(record: LogRecord): void
  onMissed(records: number): void
  /** The connection ended; it is made again. */
  onBreak(error: PipelineError): void
}

/** One stream after another, each from where the last one ended. */
class Following {
  private readonly ask: Ask
  private readonly parameters: FilterParameters
  private readonly listener: Listener
  private readonly backoff = new Backoff()
  private lastId: string | null = null

  constructor(ask: Ask, parameters: FilterParameters, listener: Listener) {
    this.ask = ask
    this.parameters = parameters
    this.listener = listener
  }

  /** Until the signal. @throws PipelineError API_FAILED when there was never a connection, or it is refused for good */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.stream(signal)
        throw new PipelineError('API_FAILED', { reason: 'the stream ended' })
      } catch (error) {
        if (signal.aborted) return
        const broken =
          error instanceof PipelineError ? error : new PipelineError('API_FAILED', { reason: String(error) })
        const status = Number(broken.context.status ?? 0)
        if (this.lastId === null || (status >= 400 && status < 500)) throw broken
        this.listener.onBreak(broken)
        await delay(this.backoff.next(), null, { signal }).catch(() => undefined)
      }
    }
  }

  private async stream(signal: AbortSignal): Promise<void> {
    const { createParser } = await import('eventsource-parser')
    const headers = this.lastId === null ? {} : { 'last-event-id': this.lastId }
    const answer = await this.ask('tail', this.parameters, { headers, signal })
    const decoder = new TextDecoder()
    const parser = createParser({ onEvent: message => this.take(message) })
    for await (const chunk of answer.body!) parser.feed(decoder.decode(chunk, { stream: true }))
  }

  private take({
    data,
    event,
    id,
  }: {
    data: string
    event?: string | undefined
    id?: string | undefined
  }): void {
    this.lastId = id ?? this.lastId
    this.backoff.reset()
    if (event === undefined) this.listener.onRecord(JSON.parse(data) as LogRecord)
    if (event === 'missed') this.listener.onMissed((JSON.parse(data) as { records: number }).records)
  }
}
