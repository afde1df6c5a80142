/**
 * What one worker is given at a time: a task, or several small ones of one pipeline. A message to a thread and back
 * costs at least as much as parsing 100 KiB, whatever it is about. Neighbour: parser.ts.
 */
import type { Arena } from '../arena/arena.ts'
import { PAGE_BYTES, type Region } from '../arena/region.ts'
import type { ParseJob } from './job.ts'

/** A job and the output region of its next task. */
export interface Assignment {
  readonly job: ParseJob
  readonly output: Region
}

type Accounts = Pick<Arena, 'output' | 'jumbo'>

/** Tasks go together until their inputs reach this: what is larger goes alone, so that all workers have something. */
const LOAD_BYTES = 512 * 1024
const LARGEST_GRANT_BYTES = 4 * 1024 * 1024
/** Regions that every partition could have at the same time, if each were as large as it may be. */
const GRANTS_PER_PARTITION = 2
/** Of a task that shares its load: regions are granted before anything of the load is parsed, and trimmed behind it. */
const SHARED_OUTPUT_PER_INPUT = 4
/** Less than a row takes for what it was made of, mostly; a task with less room would hardly come to its end. */
const LEAST_OUTPUT_PER_INPUT = 1

/**
 * Takes the jobs of the next load out of `waiting`; those that find no output region now go to its back. Empty: none
 * can be parsed now. No job of `waiting` may have a claim that ended.
 */
export function nextLoad(waiting: ParseJob[], arena: Accounts, partitions: number): Assignment[] {
  const load: Assignment[] = []
  let bytes = 0
  for (let looks = waiting.length; looks > 0 && bytes < LOAD_BYTES; looks--) {
    const job = waiting.shift()!
    const [first] = load
    const isFit = first === undefined || goesWith(first.job, job, bytes)
    const output = isFit ? grant(job, arena, partitions, looks > 1 || first !== undefined) : null
    if (output === null) {
      waiting.push(job)
      continue
    }
    load.push({ job, output })
    bytes = job.isSolitary ? LOAD_BYTES : bytes + job.inputBytesLeft
  }
  return load
}

const goesWith = (first: ParseJob, job: ParseJob, bytes: number): boolean =>
  !job.isSolitary && job.pipeline === first.pipeline && bytes + job.inputBytesLeft <= LOAD_BYTES

/**
 * Where output is scarce, as it is while Postgres is the slowest, a task waits for room that makes it worth its message.
 * It comes: whatever takes room can be committed without anything more being parsed, and free runs join.
 */
function grant(
  job: ParseJob,
  { output, jumbo }: Accounts,
  partitions: number,
  isShared: boolean,
): Region | null {
  if (job.needsJumbo) return jumbo.allocate(jumbo.bytes)
  const share = Math.min(LARGEST_GRANT_BYTES, output.bytes / (GRANTS_PER_PARTITION * Math.max(1, partitions)))
  const roomFor = (factor: number) =>
    Math.max(PAGE_BYTES, Math.min(share, job.inputBytesLeft * factor + PAGE_BYTES))
  const wanted = isShared ? roomFor(SHARED_OUTPUT_PER_INPUT) : Math.max(PAGE_BYTES, share)
  return output.allocateUpTo(wanted, roomFor(LEAST_OUTPUT_PER_INPUT))
}
