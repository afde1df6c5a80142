/**
 * Lines of access logs, plainly: twin of src/kernel/assembly/access.ts.
 */
import { column, field, type LineField, lineOf, number, word } from './line.ts'

const HEAD = /^([^ ]+) ([^ ]+) /
const TIME = / \[([\0-\x7f]{2}\/[\0-\x7f]{3}\/[\0-\x7f]{4}:[\0-\x7f]{8} [\0-\x7f]{5})\]/g
const TAIL = /^ "((?:[^"\\]|\\.)*)" (\d{3}) (-|\d{1,16})(?: (.*))?$/s
const REQUEST = /^([A-Z][A-Z_-]*) (.+?)(?: (HTTP\/\d(?:\.\d)?))?$/s
const STRING = /^"((?:[^"\\]|\\.)*)"(?: |$)/s
const FORWARDED = /^(-|[0-9A-Fa-f.:, ]*)$/
const SECONDS = /^((?:0|[1-9]\d*)\.\d+)(?: |$)/

/** The fields in the order of the text, the severity first; null: it is no such line. */
export function parseAccess(text: string): LineField[] | null {
  const line = lineOf(text)
  const head = HEAD.exec(line)
  if (head === null) return null
  TIME.lastIndex = head[0].length + 1
  const time = TIME.exec(line)
  const tail = time && TAIL.exec(line.slice(TIME.lastIndex))
  if (!time || !tail) return null
  const [, request, status, bytes, rest = ''] = tail as unknown as string[]
  const severity = status![0] === '5' ? 'err' : status![0] === '4' ? 'warning' : 'info'
  return [
    ...column('severity', field('severity', severity)),
    ...nameFields(line.slice(0, time.index)),
    ...column('ts', field('ts', time[1])),
    ...requestFields(request!),
    ...number('status', status),
    ...number('bytes', bytes),
    ...restFields(rest),
  ]
}

/** The words before the time; the vhost is one only where a fourth word stands behind it. */
function nameFields(text: string): LineField[] {
  const [, vhost, rest] = /^([^ :]+:\d{1,5}) ([^ ]+ [^ ]* .*)$/s.exec(text) ?? [undefined, undefined, text]
  const [, client, ident, user] = /^([^ ]+) ([^ ]*) (.*)$/s.exec(rest!) ?? []
  return [
    ...field('vhost', vhost),
    ...field('client.address', client),
    ...word('ident', ident),
    ...word('user', user),
  ]
}

function requestFields(request: string): LineField[] {
  const [, method, path, protocol] = REQUEST.exec(request) ?? []
  return [
    ...column('message', field('message', request)),
    ...field('method', method),
    ...field('path', path),
    ...field('protocol', protocol),
  ]
}

function restFields(rest: string): LineField[] {
  let left = rest
  const fields: LineField[] = []
  for (const name of ['referrer', 'user_agent', 'forwarded_for']) {
    const string = STRING.exec(left)
    if (string === null || (name === 'forwarded_for' && !FORWARDED.test(string[1]!))) break
    fields.push(...word(name, string[1]))
    left = left.slice(string[0].length)
  }
  const seconds = SECONDS.exec(left)
  if (seconds !== null) left = left.slice(seconds[0].length)
  return [...fields, ...number('request_time', seconds?.[1]), ...field('extra', left)]
}
