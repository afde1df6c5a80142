/**
 * What the fields of the line formats (access, syslog) are called in attrs, by the numbers that the kernel knows them
 * by, and the words for values that lines only have numbers for. slot.ts puts both into the image.
 */
import type { PromotedColumn } from '../parse/contract.ts'
import {
  LINE_CLIENT,
  LINE_EXTRA,
  LINE_FACILITY,
  LINE_FORWARDED_FOR,
  LINE_HOST,
  LINE_IDENT,
  LINE_MESSAGE,
  LINE_METHOD,
  LINE_MSGID,
  LINE_NAME_BYTES,
  LINE_NAME_COLUMN_AT,
  LINE_NAME_LENGTH_AT,
  LINE_NAME_SLOT_AT,
  LINE_NAMES,
  LINE_PATH,
  LINE_PID,
  LINE_PROTOCOL,
  LINE_REFERRER,
  LINE_REQUEST_TIME,
  LINE_SENT_BYTES,
  LINE_SERVICE,
  LINE_SEVERITY,
  LINE_STATUS,
  LINE_STRUCTURED_DATA,
  LINE_TS,
  LINE_USER,
  LINE_USER_AGENT,
  LINE_VHOST,
  LINE_WORD_BYTES,
  LINE_WORD_LENGTH_AT,
  LINE_WORDS,
  NO_VALUE,
} from './memory-map.ts'

const lineColumns: ReadonlyMap<number, PromotedColumn> = new Map([
  [LINE_TS, 'ts'],
  [LINE_SEVERITY, 'severity'],
  [LINE_SERVICE, 'service'],
  [LINE_HOST, 'host'],
  [LINE_MESSAGE, 'message'],
])

const lineAttributes: ReadonlyMap<number, string> = new Map([
  [LINE_FACILITY, 'facility'],
  [LINE_PID, 'pid'],
  [LINE_MSGID, 'msgid'],
  [LINE_STRUCTURED_DATA, 'structured_data'],
  [LINE_CLIENT, 'client.address'],
  [LINE_IDENT, 'ident'],
  [LINE_USER, 'user'],
  [LINE_METHOD, 'method'],
  [LINE_PATH, 'path'],
  [LINE_PROTOCOL, 'protocol'],
  [LINE_STATUS, 'status'],
  [LINE_SENT_BYTES, 'bytes'],
  [LINE_REFERRER, 'referrer'],
  [LINE_USER_AGENT, 'user_agent'],
  [LINE_FORWARDED_FOR, 'forwarded_for'],
  [LINE_REQUEST_TIME, 'request_time'],
  [LINE_EXTRA, 'extra'],
  [LINE_VHOST, 'vhost'],
])

/** RFC 5424, table 1, by number, as syslog.conf and the tools of Linux name them. */
export const syslogFacilities: readonly string[] = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['ntp', 'audit', 'alert', 'clock'],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
]

/** RFC 5424, table 2, by number. */
export const syslogSeverityNames: readonly string[] = [
  ...['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'],
]

/**
 * Writes the table of names. @param slotOfColumn the alias slot that a column is filled from ahead of its aliases, or
 * NO_VALUE; @param slotOfName that of an alias, or undefined
 */
export function writeLineNames(
  table: Uint8Array,
  slotOfColumn: (column: PromotedColumn) => number,
  slotOfName: (name: string) => number | undefined,
): void {
  for (let number = 0; number < LINE_NAMES; number++) {
    const entry = table.subarray(number * LINE_NAME_BYTES, (number + 1) * LINE_NAME_BYTES)
    const column = lineColumns.get(number)
    const name = column ?? lineAttributes.get(number)!
    entry[LINE_NAME_LENGTH_AT] = new TextEncoder().encodeInto(name, entry).written
    entry[LINE_NAME_SLOT_AT] = column === undefined ? (slotOfName(name) ?? NO_VALUE) : slotOfColumn(column)
    entry[LINE_NAME_COLUMN_AT] = column === undefined ? 0 : 1
  }
}

/** Writes the table of words. */
export function writeLineWords(table: Uint8Array): void {
  const words = [...syslogFacilities, ...syslogSeverityNames]
  for (let number = 0; number < LINE_WORDS; number++) {
    const entry = table.subarray(number * LINE_WORD_BYTES, (number + 1) * LINE_WORD_BYTES)
    entry[LINE_WORD_LENGTH_AT] = new TextEncoder().encodeInto(words[number]!, entry).written
  }
}
