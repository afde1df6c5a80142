/**
 * Text as Postgres takes it, plainly: twin of src/kernel/assembly/utf8.ts and text.ts.
 */

/** Stands for bytes that are not UTF-8 until sanitize replaces it. Tests keep it out of their texts. */
export const BROKEN = '\ue000'

const REPLACEMENT = '\ufffd'

/** How many bytes the character at `at` takes when it is valid; else minus those that one replacement stands for. */
function characterSize(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!
  if (lead < 0x80) return 1
  const size =
    lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0
  for (let i = 1; i < size; i++) {
    const byte = bytes[at + i] ?? 0
    const isAllowed =
      byte >> 6 === 2 &&
      !(i === 1 && lead === 0xe0 && byte < 0xa0) &&
      !(i === 1 && lead === 0xed && byte > 0x9f) &&
      !(i === 1 && lead === 0xf0 && byte < 0x90) &&
      !(i === 1 && lead === 0xf4 && byte > 0x8f)
    if (!isAllowed) return -i
  }
  return size === 0 ? -1 : size
}

/** Decodes UTF-8, with BROKEN for each longest beginning of a character that does not go on (WHATWG Encoding). */
export function decodeUtf8(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const size = characterSize(bytes, at)
    text += size > 0 ? decoder.decode(bytes.subarray(at, at + size)) : BROKEN
    at += Math.abs(size)
  }
  return text
}

export interface Sanitized {
  readonly text: string
  readonly isChanged: boolean
}

/** Replaces what Postgres refuses: broken bytes, NUL, lone surrogates. */
export function sanitize(text: string): Sanitized {
  const clean = text.toWellFormed().replaceAll(BROKEN, REPLACEMENT).replaceAll('\0', REPLACEMENT)
  return { text: clean, isChanged: clean !== text }
}

/** The longest beginning of whole characters that fits maxBytes. */
export function cut(text: string, maxBytes: number): string {
  let kept = ''
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) return kept
    kept += character
  }
  return kept
}
