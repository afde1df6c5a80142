/**
 * The few parts of SVG that a chart needs, the frame with its colours for light and dark, and how wide text gets.
 * bar-chart.ts draws with them.
 */

/** In the order of series; each is told from its background, light or dark. */
export const seriesColours = ['#2f81f7', '#d1853b', '#57a773', '#9a7fd1'] as const

const style = [
  'text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#1f2328}.small{font-size:11px;fill:#59636e}',
  '.title{font-size:15px;font-weight:600}.heading{font-weight:600}.ground{fill:#fff;stroke:#d1d9e0}',
  '.grid{stroke:#d1d9e0}.whisker{stroke:#1f2328;fill:none}.reference{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:4 3}',
  ...seriesColours.map((colour, index) => `.series-${index}{fill:${colour}}`),
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.ground{fill:#0d1117;stroke:#3d444d}',
  '.grid{stroke:#3d444d}.whisker{stroke:#e6edf3}.reference{stroke:#ff7b72}}',
].join('')

const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
export const escaped = (text: string): string => text.replace(/[&<>"]/g, found => named[found]!)

/** Two digits behind the point are finer than any screen. */
const at = (value: number): string => String(Math.round(value * 100) / 100)

export type Anchor = 'start' | 'middle' | 'end'

export const textAt = (x: number, y: number, text: string, kind = '', anchor: Anchor = 'start'): string =>
  `<text x="${at(x)}" y="${at(y)}"${kind && ` class="${kind}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escaped(text)}</text>`

export const rect = (x: number, y: number, width: number, height: number, kind: string): string =>
  `<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" class="${kind}"/>`

/** A path of straight strokes. */
export const strokes = (kind: string, ...path: readonly (string | number)[]): string =>
  `<path class="${kind}" d="${path.map(part => (typeof part === 'number' ? at(part) : part)).join(' ')}"/>`

/** About, of a sans-serif at 12 px: what is a little too wide does no harm. */
export const textWidth = (text: string): number => text.length * 7

/** The whole picture; title and description are for those who do not see it. */
export const frame = (
  width: number,
  height: number,
  title: string,
  description: string,
  parts: readonly string[],
): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${at(height)}" viewBox="0 0 ${width} ${at(height)}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<style>${style}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${at(height - 1)}" rx="6" class="ground"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
