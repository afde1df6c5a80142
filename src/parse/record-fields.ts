/**
 * The fields of one record as steps see them (steps/step.ts), over the JSON object that the kernel offers. What steps
 * set for a column is written under a key of its own (kernel/slot.ts, columnKey), which goes ahead of all aliases.
 */
import { severityNames } from '../kernel/severities.ts'
import { columnKey, namesOf } from '../kernel/slot.ts'
import { type ParserSettings, type PromotedColumn, promotedColumns } from './contract.ts'
import {
  decodeText,
  encodeValue,
  isObject,
  isText,
  type Member,
  membersOf,
  objectOf,
} from './json-members.ts'
import type { Fields, FieldValue } from './steps/step.ts'

const OPEN_TELEMETRY_NAME = /(^|\.)severity_number$/
const TIME =
  /^(\s*(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d|\d+(\.\d+)?\s*$)|\d\d\/[A-Z][a-z]{2}\/\d{4}:|[A-Z][a-z]{2} [ \d]\d (\d{4} )?\d\d:)/

export class RecordFields implements Fields {
  /** A step changed something. */
  isChanged = false
  private readonly names_: ReadonlyMap<string, readonly string[]>
  private readonly read: (start: number, end: number) => string
  private start = 0
  private end = 0
  /** Null: nobody has asked yet. */
  private members: Member[] | null = null

  /** @param read the bytes between two addresses, as latin1 */
  constructor(
    settings: Pick<ParserSettings, 'aliases' | 'format' | 'steps'>,
    read: (start: number, end: number) => string,
  ) {
    this.names_ = new Map(promotedColumns.map(column => [column, namesOf(settings, column)]))
    this.read = read
  }

  /** Turns to the record whose object lies there. */
  open(start: number, end: number): void {
    this.start = start
    this.end = end
    this.members = null
    this.isChanged = false
  }

  /** The record as a JSON object, one character a byte. */
  write(): string {
    return objectOf(this.all)
  }

  text(name: string): string | null {
    const json = this.json(name)
    return json === null ? null : decodeText(json)
  }

  set(name: string, value: FieldValue): void {
    this.isChanged = true
    const json = encodeValue(value)
    if (!this.isColumn(name)) put(this.all, name, json)
    else if (value === null) this.remove(name)
    else if (!this.fill(name, json)) put(this.all, name, json)
  }

  rename(from: string, to: string): boolean {
    const json = this.json(from)
    if (json === null) return false
    this.isChanged = true
    this.remove(from)
    const isFilled = this.isColumn(to) && (this.fill(to, json) || this.fill(to, quotedText(json)))
    if (!isFilled) put(this.all, to, json)
    return true
  }

  remove(name: string): void {
    if (!this.isColumn(name)) {
      if (take(this.all, name)) this.isChanged = true
      return
    }
    for (let filler = this.filler(name); filler !== undefined; filler = this.filler(name)) {
      this.isChanged = true
      if (!take(this.all, filler.alias)) return
    }
  }

  names(): readonly string[] {
    const filling = new Set(promotedColumns.map(column => this.filler(column)?.alias))
    return this.all.flatMap(({ key }) => (filling.has(key) ? [] : [key]))
  }

  /** Every field with its JSON text: columns that are filled, then attributes. */
  entries(): ReadonlyMap<string, string> {
    const entries = new Map<string, string>()
    for (const column of promotedColumns) {
      const filler = this.filler(column)
      if (filler !== undefined) entries.set(column, utf8(filler.json))
    }
    for (const name of this.names()) entries.set(name, utf8(find(this.all, name)!))
    return entries
  }

  private get all(): Member[] {
    this.members ??= membersOf(this.read(this.start, this.end))
    return this.members
  }

  /** The value as written, one character a byte; null: there is none. */
  private json(name: string): string | null {
    const json = this.isColumn(name) ? this.filler(name)?.json : find(this.all, name)
    return json === undefined || json === 'null' ? null : json
  }

  /** False: the column does not take it. */
  private fill(column: PromotedColumn, json: string): boolean {
    const key = columnKey(column)
    if (!canFill(column, json, key)) return false
    const alias = this.filler(column)?.alias
    if (alias !== undefined) take(this.all, alias)
    this.all.push({ key, rawKey: `"${key}"`, json })
    return true
  }

  private isColumn(name: string): name is PromotedColumn {
    return this.names_.has(name)
  }

  /** The field that fills the column, by the kernel's rules. */
  private filler(column: PromotedColumn): { alias: string; json: string } | undefined {
    for (const alias of this.names_.get(column)!) {
      const json = find(this.all, alias)
      if (json !== undefined && canFill(column, json, alias)) return { alias, json }
    }
    return undefined
  }
}

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')

/** The text of a value, as a string with its quotes. */
const quotedText = (json: string): string => encodeValue(decodeText(json))

/** Whether the column takes the value; assembly/columns.ts has the last word. */
function canFill(column: PromotedColumn, json: string, alias: string): boolean {
  const isWord = isText(json)
  const isNumber = !isWord && /^[-\d]/.test(json)
  if (column === 'ts') return isNumber || (isWord && TIME.test(decodeText(json)))
  if (column !== 'severity') return isWord || isNumber || json === 'true' || json === 'false'
  if (!isWord && !isNumber) return false
  const text = decodeText(json).trim().toLowerCase()
  if (!/^\d+$/.test(text)) return Object.hasOwn(severityNames, text)
  const number = Number(text)
  if (OPEN_TELEMETRY_NAME.test(alias)) return number >= 1 && number <= 24
  return number <= 7 || (number % 10 === 0 && number <= 60)
}

/** The JSON of a field: the key as it stands, else a path into objects. */
function find(members: readonly Member[], name: string): string | undefined {
  const exact = members.find(({ key }) => key === name)
  if (exact) return exact.json
  for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
    const parent = members.find(({ key, json }) => isObject(json) && key === name.slice(0, dot))
    const found = parent && find(membersOf(parent.json), name.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}

/** Replaces the field, or adds it: to the object that its path leads into, else under the name as it stands. */
function put(members: Member[], name: string, json: string): void {
  const exact = members.find(({ key }) => key === name)
  if (exact) {
    exact.json = json
    return
  }
  for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
    const parent = members.find(member => isObject(member.json) && member.key === name.slice(0, dot))
    if (parent === undefined) continue
    const children = membersOf(parent.json)
    put(children, name.slice(dot + 1), json)
    parent.json = objectOf(children)
    return
  }
  members.push({ key: name, rawKey: encodeValue(name), json })
}

/** Takes the field away; false: there is none. */
function take(members: Member[], name: string): boolean {
  const at = members.findIndex(({ key }) => key === name)
  if (at >= 0) {
    members.splice(at, 1)
    return true
  }
  for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
    const parent = members.find(member => isObject(member.json) && member.key === name.slice(0, dot))
    if (parent === undefined) continue
    const children = membersOf(parent.json)
    if (!take(children, name.slice(dot + 1))) continue
    parent.json = objectOf(children)
    return true
  }
  return false
}
