/**
 * Writes a name table (layout: memory-map.ts) that the kernel looks texts up in; assembly/names.ts reads it.
 */
import {
  MAX_NAME_BYTES,
  MAX_NAMES,
  NAME_ENTRY_BYTES,
  NAME_HEADS_BYTES,
  NAME_LENGTH_AT,
  NAME_NEXT_AT,
  NAME_PREFIX_AT,
  NAME_TEXT_AT,
  NAME_VALUE_AT,
  NO_VALUE,
} from './memory-map.ts'

export interface Name {
  readonly text: string
  /** 0 to 254, or NO_VALUE for a mere prefix. */
  readonly value: number
  /** An object under this key may hold named fields. */
  readonly isPrefix: boolean
}

/** The bucket of a text: twin of findName in assembly/names.ts. */
const bucketOf = (text: Uint8Array): number =>
  (text.length * 7 + text[0]! * 31 + text[text.length - 1]! * 13) & 255

/** Fills `table` with the names, each text once. @throws RangeError when they do not fit or a name is empty. */
export function writeNameTable(table: Uint8Array, names: readonly Name[]): void {
  if (names.length > MAX_NAMES) throw new RangeError(`more than ${MAX_NAMES} names`)
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
  let textAt = NAME_HEADS_BYTES + Math.ceil((names.length * NAME_ENTRY_BYTES) / 16) * 16
  names.forEach((name, index) => {
    const text = new TextEncoder().encode(name.text)
    if (text.length === 0 || text.length > MAX_NAME_BYTES) {
      throw new RangeError(`name "${name.text}" is empty or longer than ${MAX_NAME_BYTES} bytes`)
    }
    if (textAt + text.length > table.length) throw new RangeError('the names are too long together')
    const entry = NAME_HEADS_BYTES + index * NAME_ENTRY_BYTES
    const head = bucketOf(text) * 2
    view.setUint16(entry + NAME_TEXT_AT, textAt, true)
    table[entry + NAME_LENGTH_AT] = text.length
    table[entry + NAME_VALUE_AT] = name.value
    table[entry + NAME_PREFIX_AT] = name.isPrefix ? 1 : 0
    view.setUint16(entry + NAME_NEXT_AT, view.getUint16(head, true), true)
    view.setUint16(head, index + 1, true)
    table.set(text, textAt)
    textAt += Math.ceil(text.length / 16) * 16
  })
}

/** A field name and the slot of the field table that it fills. */
export interface Alias {
  readonly text: string
  readonly slot: number
}

/** The names of aliases and of the objects on the way to them. The first of equal names counts. */
export function aliasNames(aliases: readonly Alias[]): Name[] {
  const names = new Map<string, Name>()
  for (const { text, slot } of aliases) {
    if (!names.has(text)) names.set(text, { text, value: slot, isPrefix: false })
  }
  for (const { text: alias } of aliases) {
    for (let dot = alias.indexOf('.'); dot >= 0; dot = alias.indexOf('.', dot + 1)) {
      const text = alias.slice(0, dot)
      if (text !== '') names.set(text, { text, value: names.get(text)?.value ?? NO_VALUE, isPrefix: true })
    }
  }
  return [...names.values()]
}
