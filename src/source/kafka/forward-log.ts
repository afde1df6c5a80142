/** What kafkajs says, as lines of the program. */
import { logLevel } from 'kafkajs'

export type KafkaLog = (level: 'warn' | 'info' | 'debug', text: string, details: object) => void

/** kafkajs calls an error what it will try again; what it gives up reaches us as a rejection or a crash. */
export function forwardLog(
  log: KafkaLog,
  entry: { level: logLevel; namespace: string; log: { message: string; [key: string]: unknown } },
): void {
  const { message, timestamp: _, logger: __, stack: ___, ...details } = entry.log
  const level = entry.level === logLevel.ERROR ? 'warn' : entry.level === logLevel.WARN ? 'info' : 'debug'
  log(level, `kafkajs ${entry.namespace}: ${message}`, details)
}
