/**
 * The place of a record in the order of logs, and the opaque text that stands for it in answers: which way to go on,
 * and from where. The order is (ts, topic_id, kafka_partition, kafka_offset), which no two records share.
 */
import { PipelineError } from '../errors.ts'

export interface Place {
  readonly us: number
  readonly topicId: number
  readonly partition: number
  readonly offset: number
}

export interface Cursor {
  /** next: on in the order of the answer; prev: back. */
  readonly way: 'next' | 'prev'
  readonly place: Place
}

/** Before every record of that time. */
export const beginningOf = (us: number): Place => ({ us, topicId: -1, partition: -1, offset: -1 })

export function writeCursor(way: Cursor['way'], { us, topicId, partition, offset }: Place): string {
  const text = [way === 'next' ? 'n' : 'p', us, topicId, partition, offset].join(' ')
  return Buffer.from(text).toString('base64url')
}

const written = /^([np]) (\d{1,16}) (-1|\d{1,5}) (-1|\d{1,10}) (-1|\d{1,16})$/

/** @throws PipelineError HTTP_REQUEST_INVALID for what writeCursor did not write */
export function readCursor(text: string): Cursor {
  const [, way, ...numbers] = written.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
  const [us, topicId, partition, offset] = numbers.map(Number)
  const isSound = way !== undefined && [us, offset].every(Number.isSafeInteger)
  if (!isSound || topicId! > 0x7fff || partition! > 0x7fffffff)
    throw new PipelineError('HTTP_REQUEST_INVALID', {
      problem: 'the cursor is none; pass on next or prev of an answer as it is',
    })
  return {
    way: way === 'n' ? 'next' : 'prev',
    place: { us: us!, topicId: topicId!, partition: partition!, offset: offset! },
  }
}
