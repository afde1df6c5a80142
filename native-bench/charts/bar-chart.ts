/**
 * Horizontal bars as SVG: panels one below the other, each with an axis of its own; bars may be stacked, have whiskers
 * from the least to the most, and lines of reference across them. list.ts says which charts there are.
 */
import { grouped } from '../markdown.ts'
import { frame, rect, strokes, textAt, textWidth } from './svg.ts'

/** A length of a bar; `series` is an index into the chart's. */
export interface Part {
  readonly series: number
  readonly value: number
}

export interface Bar {
  readonly label: string
  readonly parts: readonly Part[]
  readonly spread?: { readonly min: number; readonly max: number }
}

export interface Reference {
  readonly label: string
  readonly value: number
}

export interface Panel {
  /** What is measured, with its unit. */
  readonly heading: string
  readonly digits: number
  readonly bars: readonly Bar[]
  readonly references?: readonly Reference[]
}

export interface BarChart {
  readonly title: string
  /** For those who do not see it. */
  readonly description: string
  /** Names of the colours; one alone is not named. */
  readonly series: readonly string[]
  readonly panels: readonly Panel[]
}

const width = 800
const margin = 16
const barHeight = 16
const barStep = 22
const rowHeight = 16
const headingHeight = 22
const axisHeight = 22
const panelGap = 14

export const totalOf = ({ parts }: Bar): number => parts.reduce((sum, { value }) => sum + value, 0)

const shown = (value: number, digits: number): string => (digits > 0 ? value.toFixed(digits) : grouped(value))

/** Round numbers from 0 to the first at or beyond the most, four to nine of them. */
export function ticksFor(most: number): number[] {
  if (!(most > 0)) return [0, 1]
  const power = 10 ** Math.floor(Math.log10(most / 4))
  const step = power * ([1, 2, 5].find(factor => most / (power * factor) <= 8) ?? 10)
  const count = Math.ceil(most / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, n) => Number((n * step).toPrecision(12)))
}

interface Place {
  readonly left: number
  /** Of the axis' last tick. */
  readonly right: number
  readonly most: number
}

const xOf = ({ left, right, most }: Place, value: number): number => left + ((right - left) * value) / most

/** The bar's value is behind whatever reaches farthest. */
function drawBar(place: Place, bar: Bar, y: number, digits: number): string[] {
  const total = totalOf(bar)
  let begin = 0
  const parts = bar.parts.map(({ series, value }) => {
    const x = xOf(place, begin)
    begin += value
    return rect(x, y, xOf(place, begin) - x, barHeight, `series-${series}`)
  })
  const middle = y + barHeight / 2
  const end = xOf(place, Math.max(total, bar.spread?.max ?? 0)) + 6
  const texts = [
    textAt(place.left - 8, middle + 4, bar.label, '', 'end'),
    textAt(end, middle + 4, shown(total, digits)),
  ]
  if (!bar.spread) return [...parts, ...texts]
  const [from, to] = [xOf(place, bar.spread.min), xOf(place, bar.spread.max)]
  const ends = ['M', from, middle - 4, 'v', 8, 'M', from, middle, 'H', to, 'M', to, middle - 4, 'v', 8]
  return [...parts, strokes('whisker', ...ends), ...texts]
}

function drawAxis(place: Place, ticks: readonly number[], top: number, bottom: number): string[] {
  // As many digits as its step has.
  const digits = (String(ticks[1]).split('.')[1] ?? '').length
  return ticks.flatMap(tick => {
    const x = xOf(place, tick)
    return [
      strokes('grid', 'M', x, top, 'V', bottom),
      textAt(x, bottom + 14, shown(tick, digits), 'small', 'middle'),
    ]
  })
}

/** A row of text each above the bars, on the side where there is room; in this order no line crosses a text. */
function drawReferences(
  place: Place,
  references: readonly Reference[],
  top: number,
  bottom: number,
): string[] {
  const rising = [...references].sort((one, other) => one.value - other.value)
  return rising.flatMap(({ label, value }, row) => {
    const x = xOf(place, value)
    const y = top + row * rowHeight
    const isLeft = x + textWidth(label) > width - margin
    return [
      strokes('reference', 'M', x, y + 2, 'V', bottom),
      textAt(x + (isLeft ? -5 : 5), y + 12, label, 'small', isLeft ? 'end' : 'start'),
    ]
  })
}

/** Where its bars are, and all that is drawn; `bottom` is where the next panel may begin. */
function drawPanel(panel: Panel, left: number, top: number): { parts: string[]; bottom: number } {
  const { bars, digits, heading, references = [] } = panel
  const values = [
    ...bars.map(bar => Math.max(totalOf(bar), bar.spread?.max ?? 0)),
    ...references.map(({ value }) => value),
  ]
  const ticks = ticksFor(Math.max(...values))
  const widest = Math.max(...values.map(value => textWidth(shown(value, digits))))
  const place: Place = { left, right: width - margin - widest - 6, most: ticks.at(-1)! }
  const referencesTop = top + headingHeight
  const barsTop = referencesTop + references.length * rowHeight + 4
  const axis = barsTop + bars.length * barStep
  return {
    parts: [
      textAt(margin, top + 14, heading, 'heading'),
      ...drawAxis(place, ticks, barsTop, axis),
      ...bars.flatMap((bar, index) => drawBar(place, bar, barsTop + index * barStep, digits)),
      ...drawReferences(place, references, referencesTop, axis),
    ],
    bottom: axis + axisHeight + panelGap,
  }
}

function drawLegend(series: readonly string[], top: number): string[] {
  let x = margin
  return series.flatMap((name, index) => {
    const parts = [rect(x, top, 12, 12, `series-${index}`), textAt(x + 18, top + 10, name)]
    x += 18 + textWidth(name) + 20
    return parts
  })
}

/** An SVG document. */
export function barChart({ title, description, series, panels }: BarChart): string {
  const hasLegend = series.length > 1
  const labels = panels.flatMap(({ bars }) => bars.map(({ label }) => textWidth(label)))
  const left = margin + Math.max(...labels) + 8
  const parts = [textAt(margin, 28, title, 'title'), ...(hasLegend ? drawLegend(series, 42) : [])]
  let top = hasLegend ? 68 : 46
  for (const panel of panels) {
    const drawn = drawPanel(panel, left, top)
    parts.push(...drawn.parts)
    top = drawn.bottom
  }
  return frame(width, top, title, description, parts)
}
