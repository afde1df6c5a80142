/** The page as HTML, its first state in it, so that it can be read without JavaScript. Every text is escaped here. */
import type { Cell, PageModel, Row, Section } from './model.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Safe between tags and in quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, sign => entities[sign]!)

const isFigure = (column: string): boolean => column.startsWith(' ')

function cellHtml({ fill, href, text, tone }: Cell, column: string): string {
  const classes = [...(tone === 'plain' ? [] : [tone]), ...(isFigure(column) ? ['figure'] : [])]
  const attributes = classes.length > 0 ? ` class="${classes.join(' ')}"` : ''
  const escaped = escapeHtml(text)
  const linked = href === null ? escaped : `<a href="${escapeHtml(href)}">${escaped}</a>`
  const meter = fill === null ? '' : `<meter value="${fill}"></meter> `
  return `<td${attributes}>${meter}${linked}</td>`
}

const rowHtml = ({ cells, id }: Row, columns: readonly string[]): string => {
  const anchor = id === null ? '' : ` id="${escapeHtml(id)}"`
  return `<tr${anchor}>${cells.map((one, index) => cellHtml(one, columns[index] ?? '')).join('')}</tr>`
}

function sectionHtml({ columns, empty, id, rows, title }: Section): string {
  const head = columns.map(
    name => `<th${isFigure(name) ? ' class="figure"' : ''} scope="col">${escapeHtml(name.trim())}</th>`,
  )
  const body =
    rows.length === 0
      ? `<p class="quiet">${escapeHtml(empty)}</p>`
      : `<div class="wide"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.map(each => rowHtml(each, columns)).join('')}</tbody></table></div>`
  return `<section id="${escapeHtml(id)}"><h2>${escapeHtml(title)}</h2>${body}</section>`
}

/** What stands in <main>; script.ts makes the same of the model. */
export const sectionsHtml = (sections: readonly Section[]): string => sections.map(sectionHtml).join('\n')

export interface Assets {
  readonly style: string
  readonly script: string
}

/** @param model null: the reader has to say who he is first */
export function pageHtml(model: PageModel | null, { script, style }: Assets): string {
  const title = model?.title ?? 'LogCollector'
  const login = `<form id="login"${model === null ? '' : ' hidden'}>
<p><label for="token">Value of <code>http.debug_token</code></label>
<input id="token" type="password" autocomplete="off" required> <button>Show</button></p>
<noscript><p>Without JavaScript ask for the JSON: curl -H "Authorization: Bearer …"</p></noscript></form>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>
<h1 id="title" class="${model?.tone ?? 'plain'}">${escapeHtml(title)}</h1>
<p id="summary">${escapeHtml(model?.summary ?? '')}</p>
<p class="quiet"><time id="time">${escapeHtml(model?.time ?? '')}</time> <span id="state" role="status"></span></p>
</header>
${login}
<main>
${model === null ? '' : sectionsHtml(model.sections)}
</main>
<script>${script}</script>
</body>
</html>
`
}
