/**
 * Lines of syslog, plainly: twin of src/kernel/assembly/syslog.ts, syslog-3164.ts and syslog-5424.ts.
 */
import { syslogFacilities, syslogSeverityNames } from '../../src/kernel/line-names.ts'
import { column, field, type LineField, lineOf, number, word } from './line.ts'

const FRAME = /^\d{1,10} (?=<)/
const PRI = /^<(\d{1,3})>/
const NEW = /^([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) (.+)$/s
const ELEMENT = /\[([!#-<>-\\^-~]+)((?: [!#-<>-\\^-~]+="(?:[^"\\]|\\.)*")*)\]/sy
const PARAMETER = / ([!#-<>-\\^-~]+)="((?:[^"\\]|\\.)*)"/gs
const MOST_PARAMETERS = 48
const OLD_TIME =
  /^((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?: \d|\d\d) (?:\d{4} )?(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,16})?)( |$)/
const NEW_TIME = /^(\d{4}-\d\d-\d\dT[^ ]*)( |$)/

/** The fields in the order of the text, words first; null: it is no such line. `isStrict`: as in format auto. */
export function parseSyslog(text: string, isStrict: boolean): LineField[] | null {
  const line = lineOf(text)
  const framed = line.replace(FRAME, '')
  const pri = PRI.exec(framed)
  const value = Number(pri?.[1] ?? 999)
  if (pri === null || value > 191) return parseOld(line, false, isStrict)
  const rest = framed.slice(pri[0].length)
  const fields = rest.startsWith('1 ') ? parseNew(rest.slice(2)) : parseOld(rest, true, isStrict)
  if (fields === null) return null
  return [
    ...field('facility', syslogFacilities[value >> 3]),
    ...column('severity', field('severity', syslogSeverityNames[value & 7])),
    ...fields,
  ]
}

function parseOld(text: string, hasPri: boolean, isStrict: boolean): LineField[] | null {
  const time = OLD_TIME.exec(text) ?? NEW_TIME.exec(text)
  if (text === '' || (time === null && (!hasPri || isStrict))) return null
  let rest = text.slice(time?.[0].length ?? 0)
  let host: string | undefined
  let tag = tagOf(rest)
  if (tag === null && time !== null && rest !== '') {
    host = /^[^ ]*/.exec(rest)![0]
    rest = rest.slice(host.length + 1)
    tag = tagOf(rest)
  }
  const isCertain =
    host !== undefined && tag !== null && (OLD_TIME.test(text) || /^\d{1,16}$/.test(tag.pid ?? ''))
  if (isStrict && !hasPri && !isCertain) return null
  return [
    ...column('ts', field('ts', time?.[1])),
    ...column('host', word('host', host)),
    ...column('service', field('service', tag?.name)),
    ...number('pid', tag?.pid),
    ...column('message', field('message', tag?.rest ?? rest)),
  ]
}

function tagOf(text: string): { name: string; pid: string | undefined; rest: string } | null {
  const word = /^[^ ]*/.exec(text)![0]
  const rest = text.slice(word.length + 1)
  const inner = word.replace(/:$/, '')
  if (Buffer.byteLength(word) < 2) return null
  if (inner.endsWith(']')) {
    const open = inner.indexOf('[')
    return open <= 0 ? null : { name: inner.slice(0, open), pid: inner.slice(open + 1, -1), rest }
  }
  return inner === word ? null : { name: inner, pid: undefined, rest }
}

function parseNew(text: string): LineField[] | null {
  const [, time, host, app, pid, msgid, rest] = NEW.exec(text) ?? []
  if (rest === undefined) return null
  const data = rest[0] === '-' ? '-' : dataIn(rest)
  const behind = rest.slice(data.length)
  if (data === '' || (behind !== '' && behind[0] !== ' ')) return null
  return [
    ...column('ts', word('ts', time)),
    ...column('host', word('host', host)),
    ...column('service', word('service', app)),
    ...number('pid', pid),
    ...word('msgid', msgid),
    ...dataFields(data),
    ...column('message', field('message', behind.slice(1).replace(/^\ufeff/, ''))),
  ]
}

function elementsOf(text: string): RegExpExecArray[] {
  const elements: RegExpExecArray[] = []
  ELEMENT.lastIndex = 0
  for (let element = ELEMENT.exec(text); element !== null; element = ELEMENT.exec(text))
    elements.push(element)
  return elements
}

/** The structured data at the beginning of the text; empty: there are none. */
const dataIn = (text: string): string =>
  elementsOf(text)
    .map(([element]) => element)
    .join('')

function dataFields(data: string): LineField[] {
  const fields = elementsOf(data).flatMap(([, id, parameters]): LineField[] => {
    const found = [...parameters!.matchAll(PARAMETER)]
    if (found.length === 0)
      return [{ name: id!, column: null, value: { kind: 'boolean', text: 'true' }, isBare: true }]
    return found.map(([, name, value]) => ({
      name: `${id}.${name}`,
      column: null,
      value: { kind: 'string', text: value!.replace(/\\(["\\\]])/g, '$1') },
      isBare: false,
    }))
  })
  return fields.length > MOST_PARAMETERS ? field('structured_data', data) : fields
}
