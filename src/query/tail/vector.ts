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
/** One way to write each number: two entries for one partition would be two positions. */
const entry = /^((0|[1-9]\d{0,4})\.(0|[1-9]\d{0,9}))\.([0-9a-z]{1,11})$/
const MOST_TOPIC_ID = 0x7fff
const MOST_PARTITION = 0x7fffffff

/** @throws PipelineError HTTP_REQUEST_INVALID */
export function readVector(text: string): Map<string, number> {
  const invalid = (): PipelineError =>
    new PipelineError('HTTP_REQUEST_INVALID', { problem: 'Last-Event-ID is none that the tail has sent' })
  if (text.length > MOST_CHARACTERS) throw invalid()
  const vector = new Map<string, number>()
  for (const part of text === '_' ? [] : text.split('_')) {
    const [, key, topicId, partition, written] = entry.exec(part) ?? []
    const offset = Number.parseInt(written ?? '', 36)
    // What Postgres would refuse must not come as far as a read that serves others.
    const isKnown = Number(topicId) <= MOST_TOPIC_ID && Number(partition) <= MOST_PARTITION
    if (key === undefined || !isKnown || !Number.isSafeInteger(offset)) throw invalid()
    vector.set(key, offset)
  }
  return vector
}
