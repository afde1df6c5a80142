/** What kafkajs says, in the log of the program. */
import { logLevel } from 'kafkajs'
import type { Repetition } from '../../supervisor/repetition.ts'

export type KafkaLog = (level: 'warn' | 'info' | 'debug', message: string, context: object) => void

/**
 * kafkajs calls an error what it will try again; what it gives up reaches us as a rejection or a crash. A line that it
 * repeats goes to debug.
 */
export function forwardLog(
  log: KafkaLog,
  said: Repetition,
  entry: { level: logLevel; namespace: string; log: { message: string; [key: string]: unknown } },
): void {
  const { message, timestamp: _, logger: __, stack: ___, ...context } = entry.log
  const level = entry.level === logLevel.ERROR ? 'warn' : entry.level === logLevel.WARN ? 'info' : 'debug'
  const text = `kafkajs ${entry.namespace}: ${message}`
  log(level !== 'debug' && said.isRepeated(text) ? 'debug' : level, text, context)
}
