/** What the texts of several settings must look like. */
import type { Shape } from './kinds.ts'

export const keyPrefix: Shape = {
  pattern: /^[\w.:-]{1,100}$/,
  accepts: 'letters, digits, ".", ":", "_" and "-"',
}
export const anyText: Shape = { pattern: /^.{1,255}$/u, accepts: 'a text of 1 to 255 characters' }
export const optionalText: Shape = { pattern: /^.{0,4096}$/u, accepts: 'a text, or nothing' }
export const filePath: Shape = { pattern: /^.{0,4096}$/u, accepts: 'the path of a file, or nothing' }
export const hostName: Shape = { pattern: /^[\w.-]{0,253}$/, accepts: 'a host name, or nothing' }
export const groupName: Shape = { pattern: /^[\w.-]{1,255}$/, accepts: 'letters, digits, ".", "_" and "-"' }
export const indexKinds: Shape = {
  pattern: /^(service|trace|attrs|text)$/,
  accepts: 'service, trace, attrs and text',
}
export const roleName: Shape = {
  pattern: /^(consume|maintain|api|all)$/,
  accepts: 'consume, maintain, api or all',
}
/** Printable without blanks, as a header can carry it; short ones could be guessed. */
export const bearerToken: Shape = {
  pattern: /^$|^[\x21-\x7e]{16,255}$/,
  accepts: 'at least 16 printable ASCII characters without blanks, or nothing',
}
export const topicItem: Shape = {
  pattern: /^([a-zA-Z0-9._-]{1,249}|\/.{1,247}\/)$/,
  accepts: 'topic names, or regular expressions between slashes such as /^app-/',
}
/** Seven lists of such names fit the kernel's table (src/kernel/slot.ts); a test builds the greatest. */
export const fieldNames = {
  type: 'list',
  minItems: 0,
  maxItems: 9,
  shape: {
    pattern: /^(?=.{1,63}$)[^.]+(\.[^.]+){0,3}$/u,
    accepts: 'field names of at most 63 characters and three dots',
  },
} as const
export const webOrigin: Shape = {
  pattern: /^https?:\/\/[\w.-]{1,253}(:\d{1,5})?$/,
  accepts: 'an origin such as https://logs.example.com',
}
