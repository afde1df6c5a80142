/** Fields of line formats, plainly: what the twins of the scanners give. */
import type { PromotedColumn } from '../../src/parse/contract.ts'
import { isNumberTaken, type Json } from './json.ts'

export interface LineField {
  readonly name: string
  /** The column that it fills ahead of all aliases. */
  readonly column: PromotedColumn | null
  readonly value: Json
  /** Stands for true, and fills no column. */
  readonly isBare: boolean
}

/** The line without its line end. */
export const lineOf = (text: string): string => text.replace(/[\r\n]+$/, '')

const string = (text: string): Json => ({ kind: 'string', text })

/** No field for a text that is empty. */
export const field = (name: string, text: string | undefined, value = string(text ?? '')): LineField[] =>
  text === undefined || text === '' ? [] : [{ name, column: null, value, isBare: false }]

/** No field for `-` either. */
export const word = (name: string, text: string | undefined): LineField[] =>
  text === '-' ? [] : field(name, text)

/** The same of a number. */
export const number = (name: string, text: string | undefined): LineField[] =>
  text !== undefined && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && isNumberTaken(text)
    ? field(name, text, { kind: 'number', text })
    : word(name, text)

/** The same of what fills a column. */
export const column = (name: PromotedColumn, fields: readonly LineField[]): LineField[] =>
  fields.map(one => ({ ...one, name, column: name }))
