/** Cells of the page's tables: figures as people read them. */
import type { Cell, Row, Tone } from './model.ts'

const KIB = 1024
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export const cell = (text: string, tone: Tone = 'plain', href: string | null = null): Cell => ({
  text,
  tone,
  href,
  fill: null,
})

export const row = (...cells: readonly Cell[]): Row => ({ id: null, cells })

/** Nothing to say. */
export const none = cell('–', 'quiet')

/** A trouble in words, or that there is none. */
export const troubleCell = (trouble: string | null): Cell => (trouble === null ? none : cell(trouble, 'bad'))

/** With thin spaces between thousands. */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, '\u2009')

/** A position; −1: not known yet. */
export const position = (offset: number): Cell => (offset < 0 ? none : cell(count(offset)))

export function bytes(value: number): string {
  let unit = 0
  let left = value
  while (left >= KIB && unit < units.length - 1) {
    left /= KIB
    unit += 1
  }
  return `${unit === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`

/** A share of something as a bar, warned of from `warnFrom` on. */
export function bar(text: string, share: number, warnFrom: number): Cell {
  const fill = Math.min(1, Math.max(0, share))
  return {
    text,
    tone: share >= warnFrom ? 'warn' : 'plain',
    href: null,
    fill: Math.round(fill * 1000) / 1000,
  }
}

/** Of an ISO time, with "UTC" left to the page's head. */
export const clock = (iso: string): string => iso.slice(11, 19)
