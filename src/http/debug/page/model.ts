/**
 * What the page for a person on call says, as tables of texts: made of the state here, drawn by render.ts on the server
 * and by script.ts in the browser, so that both show the same. Neighbour: sections.ts.
 */
import type { DebugState } from '../state.ts'
import { sectionsOf } from './sections.ts'

/** bad: somebody has to act. warn: look at it. good: as it should be. */
export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'quiet'

export interface Cell {
  readonly text: string
  readonly tone: Tone
  /** An anchor of this page, such as "#code-UNFORESEEN"; null: no link. */
  readonly href: string | null
  /** How full a bar behind the text is, from 0 to 1; null: none. */
  readonly fill: number | null
}

export interface Row {
  /** Anchor of the row, null: none. */
  readonly id: string | null
  readonly cells: readonly Cell[]
}

export interface Section {
  readonly id: string
  readonly title: string
  /** Names; those of figures, which stand to the right, with a space in front. */
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  /** Said where there are no rows. */
  readonly empty: string
}

export interface PageModel {
  readonly title: string
  readonly tone: Tone
  /** One line below the title. */
  readonly summary: string
  /** ISO time of the state. */
  readonly time: string
  readonly sections: readonly Section[]
}

/** The page of a state. */
export function pageModel(state: DebugState): PageModel {
  const { node, pid, ready, roles, time, uptimeMs, version } = state
  return {
    title: ready.ok ? 'LogCollector is ready' : 'LogCollector is not ready',
    tone: ready.ok ? 'good' : 'bad',
    summary: [
      `version ${version}`,
      `node ${node}`,
      `pid ${pid}`,
      `up ${durationText(uptimeMs)}`,
      roles.length > 0 ? `roles ${roles.join(', ')}` : 'no engine',
    ].join(' · '),
    time,
    sections: sectionsOf(state),
  }
}

/** Such as "1 h 5 min"; two units at most. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const units = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = units.findIndex(([count]) => count > 0)
  if (first < 0) return '0 s'
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}
