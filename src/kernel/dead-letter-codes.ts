/**
 * Why the kernel made a dead letter: the codes of memory-map.ts, with the ASCII reason that is stored.
 */
import {
  DEAD_EMPTY,
  DEAD_NOT_ACCESS,
  DEAD_NOT_JSON,
  DEAD_NOT_LOGFMT,
  DEAD_NOT_OBJECT,
  DEAD_NOT_SYSLOG,
  DEAD_RECORD_TOO_LARGE,
  DEAD_REWRITE_TOO_LARGE,
  DEAD_ROW_TOO_LARGE,
  DEAD_STEP_FAILED,
  DEAD_TOO_DEEP,
  DEAD_VALUE_TOO_LARGE,
} from './memory-map.ts'

export const deadLetterReasons: Readonly<Record<number, string>> = {
  [DEAD_VALUE_TOO_LARGE]: 'value larger than the setting max_record_bytes',
  [DEAD_NOT_JSON]: 'not JSON',
  [DEAD_NOT_OBJECT]: 'JSON, but no object',
  [DEAD_EMPTY]: 'empty value',
  [DEAD_TOO_DEEP]: 'JSON nested too deep',
  [DEAD_ROW_TOO_LARGE]: 'row larger than six times the setting max_record_bytes',
  [DEAD_RECORD_TOO_LARGE]: 'record larger than the setting max_record_bytes with key and headers',
  [DEAD_NOT_LOGFMT]: 'not logfmt',
  [DEAD_REWRITE_TOO_LARGE]: 'larger than the setting max_record_bytes when its fields are written out',
  [DEAD_STEP_FAILED]: 'a step of its pipeline failed',
  [DEAD_NOT_ACCESS]: 'no line of an access log',
  [DEAD_NOT_SYSLOG]: 'no line of syslog',
}
