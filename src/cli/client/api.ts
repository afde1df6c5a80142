/** How commands ask the API: its address and key, a request, and its errors as ours. Used by search.ts and tail.ts. */
import type { Command } from 'commander'
import { messageOf, PipelineError } from '../../errors.ts'
import { type CliContext, type ConfigOptions, configFor, withConfig } from '../context.ts'

export interface ApiOptions extends ConfigOptions {
  readonly url?: string
  readonly key?: string
  readonly json?: true
}

/** Adds the filter and --url, --key and --json. */
export const withApi = (command: Command): Command =>
  withConfig(command)
    .argument('[filter...]', 'such as severity>=error service=checkout message~timeout (docs/tail.md)')
    .option('--url <url>', 'of the API (default: http://http.host:http.port of the configuration)')
    .option('--key <key>', 'an API key with the scope read ("logcollector keys")')
    .option('--json', 'one JSON object a line, also at a terminal')

/** Asks a route with parameters. */
export type Ask = (
  path: string,
  parameters: readonly (readonly [string, string])[],
  more: { readonly signal: AbortSignal; readonly headers?: Readonly<Record<string, string>> },
) => Promise<Response>

/** @throws PipelineError API_FAILED: not reached, or the code and message of its answer */
export function apiOf(options: ApiOptions, context: CliContext): Ask {
  const base = baseOf(options, context)
  const authorization = options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }
  return async (path, parameters, { headers = {}, signal }) => {
    const url = new URL(`api/v1/${path}`, base)
    for (const [name, value] of parameters) url.searchParams.append(name, value)
    let answer: Response
    try {
      answer = await fetch(url, { headers: { ...headers, ...authorization }, signal })
    } catch (error) {
      throw failed({ url: base, reason: reasonOf(error) }, error)
    }
    if (answer.ok) return answer
    throw failed({ url: base, status: answer.status, reason: await messageIn(answer) })
  }
}

function baseOf({ url, ...options }: ApiOptions, context: CliContext): string {
  if (url !== undefined && URL.canParse(url)) return url.endsWith('/') ? url : `${url}/`
  if (url !== undefined) throw failed({ url, reason: 'is no URL' })
  const { host, port } = configFor(options, context).config.http
  // What listens on every address can be asked at the machine's own.
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/`
}

const failed = (facts: Readonly<Record<string, string | number>>, cause?: unknown): PipelineError =>
  new PipelineError('API_FAILED', facts, cause)

/** fetch says "fetch failed" and hides the reason. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined
    ? messageOf(error.cause) || String((error.cause as { code?: string }).code)
    : messageOf(error)

async function messageIn(answer: Response): Promise<string> {
  const text = await answer.text()
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } }
    return `${error.code}: ${error.message}`
  } catch {
    return text.slice(0, 200)
  }
}
