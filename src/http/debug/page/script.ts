/**
 * What the page does in the browser: asks for the model every two seconds and replaces the sections that changed, by
 * textContent only. Plain JavaScript as text, because the server sends it as it stands; it draws as render.ts does.
 */
export const REFRESH_MS = 2_000

export const script = `
'use strict'
const find = id => document.getElementById(id)
const main = document.querySelector('main')
const shown = new Map()
let token = sessionStorage.getItem('token') || ''

const make = (name, classes, text) => {
  const element = document.createElement(name)
  if (classes.length > 0) element.className = classes.join(' ')
  if (text !== null) element.textContent = text
  return element
}
const isFigure = column => column.startsWith(' ')

const drawCell = (cell, column) => {
  const element = make('td', [...(cell.tone === 'plain' ? [] : [cell.tone]), ...(isFigure(column) ? ['figure'] : [])], null)
  if (cell.fill !== null) {
    const meter = make('meter', [], null)
    meter.setAttribute('value', cell.fill)
    element.append(meter, ' ')
  }
  if (cell.href !== null && cell.href.startsWith('#')) {
    const link = make('a', [], cell.text)
    link.setAttribute('href', cell.href)
    element.append(link)
  } else element.append(cell.text)
  return element
}

const drawRow = (row, columns) => {
  const element = make('tr', [], null)
  if (row.id !== null) element.id = row.id
  element.append(...row.cells.map((cell, index) => drawCell(cell, columns[index] || '')))
  return element
}

const drawTable = section => {
  const [wide, table, head, body, names] = [make('div', ['wide'], null), ...['table', 'thead', 'tbody', 'tr'].map(name => make(name, [], null))]
  for (const column of section.columns) {
    const name = make('th', isFigure(column) ? ['figure'] : [], column.trim())
    name.setAttribute('scope', 'col')
    names.append(name)
  }
  head.append(names)
  body.append(...section.rows.map(row => drawRow(row, section.columns)))
  table.append(head, body)
  wide.append(table)
  return wide
}

const drawSection = section => {
  const element = make('section', [], null)
  element.id = section.id
  element.append(make('h2', [], section.title), section.rows.length === 0 ? make('p', ['quiet'], section.empty) : drawTable(section))
  return element
}

const show = model => {
  document.title = model.title
  find('title').textContent = model.title
  find('title').className = model.tone
  find('summary').textContent = model.summary
  find('time').textContent = model.time
  for (const section of model.sections) {
    const text = JSON.stringify(section)
    if (shown.get(section.id) === text) continue
    const [before, now] = [find(section.id), drawSection(section)]
    if (before === null) main.append(now)
    else if (!before.isEqualNode(now)) before.replaceWith(now)
    shown.set(section.id, text)
  }
}

const ask = async () => {
  const headers = { accept: 'application/json', ...(token === '' ? {} : { authorization: 'Bearer ' + token }) }
  const answer = await fetch('?format=page', { headers, cache: 'no-store', signal: AbortSignal.timeout(5000) })
  find('login').hidden = answer.status !== 401
  if (!answer.ok) throw new Error(answer.status === 401 ? (token === '' ? '' : 'the token is not the right one') : 'the answer is ' + answer.status)
  show(await answer.json())
}

const refresh = async () => {
  try {
    if (!document.hidden) await ask()
    find('state').textContent = ''
    find('state').className = ''
  } catch (error) {
    find('state').textContent = error.message === '' ? '' : 'not refreshed: ' + error.message
    find('state').className = 'bad'
  }
  setTimeout(refresh, ${REFRESH_MS})
}

find('login').addEventListener('submit', event => {
  event.preventDefault()
  token = find('token').value
  sessionStorage.setItem('token', token)
  ask().catch(error => {
    find('state').textContent = error.message
    find('state').className = 'bad'
  })
})
refresh()
`
