/**
 * How far a follower of the live tail has come: the next offset of every partition, as one word that a client can hand
 * back (Last-Event-ID). Neighbours: news.ts, feed.ts.
 */
import { PipelineError } from '../../errors.ts'

/** "<topic_id>.<partition>" → offset of the next record. */
export type Vector = ReadonlyMap<string, number>

export const vectorKey = (topicId: number, partition: number): string => `${topicId}.${partition}`

/** Such as 1.0.2s_1.1.0: offsets to the base 36. */
export const writeVector = (vector: Vector): string =>
  vector.size === 0 ? '_' : [...vector].map(([key, offset]) => `${key}.${offset.toString(36)}`).join('_')

/** More partitions than any group reads. */
const MOST_CHARACTERS = 200_000
const entry = /^(\d{1,5}\.\d{1,10})\.([0-9a-z]{1,11})$/

/** @throws PipelineError HTTP_REQUEST_INVALID */
export function readVector(text: string): Map<string, number> {
  const invalid = (): PipelineError =>
    new PipelineError('HTTP_REQUEST_INVALID', { problem: 'Last-Event-ID is none that the tail has sent' })
  if (text.length > MOST_CHARACTERS) throw invalid()
  const vector = new Map<string, number>()
  for (const part of text === '_' ? [] : text.split('_')) {
    const [, key, offset] = entry.exec(part) ?? []
    if (key === undefined || !Number.isSafeInteger(Number.parseInt(offset!, 36))) throw invalid()
    vector.set(key, Number.parseInt(offset!, 36))
  }
  return vector
}
