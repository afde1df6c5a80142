/** The part of the configuration that travels to the parse workers (src/parse/contract.ts), and nothing else. */
import type { ParserSettings, Pipeline } from '../parse/contract.ts'
import { isInternalName, isPattern, patternOf } from './topics.ts'
import type { Config } from './types.ts'

/** Where no pipelines are configured there is one, of this name. */
export const DEFAULT_PIPELINE = 'default'

/** What a worker needs to know of each pipeline for its whole life. */
export const parserSettings = (config: Config): readonly ParserSettings[] =>
  config.pipelines.length === 0
    ? [settingsOf(config, { name: DEFAULT_PIPELINE, format: null, aliases: {}, steps: [] })]
    : config.pipelines.map(pipeline => settingsOf(config, pipeline))

function settingsOf(
  { columns, parse, storage, limits }: Config,
  { aliases, format, name, steps }: Omit<Pipeline, 'topics'>,
): ParserSettings {
  const { traceId, spanId, ...sameName } = parse.aliases
  return {
    name,
    steps,
    aliases: { ...sameName, trace_id: traceId, span_id: spanId, ...aliases },
    format: format ?? parse.format,
    columns,
    malformed: parse.malformed,
    keys: parse.keys,
    headers: parse.headers,
    segment: storage.segment,
    maxRecordBytes: limits.maxRecordBytes,
    maxBatchBytes: limits.maxBatchBytes,
  }
}

/**
 * The number of a topic's pipeline: the one that has its name, else the first with an expression that it matches. A
 * topic that none has (its letters may wait for a replay) is read by the first.
 */
export function pipelineFinder({ pipelines }: Pick<Config, 'pipelines'>): (topic: string) => number {
  const known = new Map<string, number>()
  pipelines.forEach(({ topics }, number) => {
    for (const topic of topics) if (!isPattern(topic)) known.set(topic, number)
  })
  const patterns = pipelines.flatMap(({ topics }, number) =>
    topics.filter(isPattern).map(item => ({ number, pattern: patternOf(item) })),
  )
  return topic => {
    const found = known.get(topic)
    if (found !== undefined) return found
    const matching = isInternalName(topic) ? undefined : patterns.find(({ pattern }) => pattern.test(topic))
    const number = matching?.number ?? 0
    known.set(topic, number)
    return number
  }
}
