/**
 * What the rest of LogCollector needs to know of the kernel's memory: sizes for the arena, readers for the sink.
 */
export { deadLetterReasons } from './dead-letter-codes.ts'
export { DEAD_STEP_FAILED, PAGE_BYTES, STATIC_BYTES } from './memory-map.ts'
export {
  type DeadLetter,
  type Rollup,
  type RowEntry,
  readDeadLetters,
  readRollups,
  readRow,
} from './output.ts'
export { JUMBO_FACTOR, scratchBytes } from './slot.ts'
