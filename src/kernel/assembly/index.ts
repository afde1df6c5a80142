/**
 * The kernel's face: begin a task, go through its Kafka batches, finish. src/kernel/instance.ts types these calls
 * for the worker; what they leave behind lies in the slot (memory-map.ts, "RESULT_").
 */

export { parseRecords, passOversized, passTo, settleRecord } from './batch'
export { begin } from './begin'
export { finish } from './finish'
