/** The page of /debug in a real browser: it refreshes itself without flicker, lets no text in as markup, and logs in. */
import * as assert from 'uvu/assert'
import type { DebugState } from '../../src/http/debug/state.ts'
import { buildServer, listenOn } from '../../src/http/server.ts'
import { openPage } from '../support/chromium.ts'
import { debugDeps } from '../support/debug-deps.ts'
import { EVIL, troubledState } from '../support/debug-page-state.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('debug page', { timeoutMs: 60_000 })
const waiting = { deadlineMs: 20_000 }

/** A server whose state the test changes. */
async function serverOf(token = ''): Promise<{ url: string; change: (state: Partial<DebugState>) => void }> {
  let state = troubledState()
  const server = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    debug: debugDeps({ token, state: () => state }),
    metrics: { contentType: 'text/plain', render: async () => '' },
  })
  cleanUp(() => server.close())
  const base = await listenOn(server, { host: '127.0.0.1', port: 0 })
  return {
    url: `${base}/debug`,
    change: changes => {
      state = { ...state, ...changes }
    },
  }
}

test('what changes is drawn anew, the rest stays the element that it was', async () => {
  const { url, change } = await serverOf()
  const { page, complaints } = await openPage()
  await page.goto(url)
  change({ time: '2026-01-31T12:00:02.000Z' })
  const hasLooked = async () => (await page.$eval('#time', time => time.textContent))?.endsWith(':02.000Z')
  await until(hasLooked, { ...waiting, what: 'a look' })
  await page.$$eval('section', all => {
    for (const section of all) section.setAttribute('data-kept', 'yes')
  })
  change({ ready: { ok: true, reasons: [] } })
  await until(async () => (await page.title()) === 'LogCollector is ready', { ...waiting, what: 'the title' })
  const kept = await page.$$eval('section', all => all.map(one => [one.id, one.dataset.kept ?? 'drawn']))
  assert.equal(
    kept.filter(([, how]) => how === 'drawn').map(([id]) => id),
    ['reasons'],
  )
  assert.equal(complaints, [])
})

test('a text with markup is a text: in what the server drew and in what the script draws', async () => {
  const { url, change } = await serverOf()
  const { page, complaints } = await openPage()
  await page.goto(url)
  assert.is(await page.$eval('#reasons td', cell => cell.textContent), EVIL)
  change({ ready: { ok: false, reasons: [`${EVIL} again`] } })
  const isDrawn = async () => (await page.$eval('#reasons td', cell => cell.textContent)) === `${EVIL} again`
  await until(isDrawn, { ...waiting, what: 'the new reason' })
  assert.is(await page.$$eval('img', all => all.length), 0)
  assert.is(await page.title(), 'LogCollector is not ready')
  assert.equal(complaints, [])
})

test('without JavaScript the state of the first moment can be read, in both colours', async () => {
  const { url } = await serverOf()
  const { page } = await openPage()
  await page.setJavaScriptEnabled(false)
  const colours: string[] = []
  for (const value of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }])
    await page.goto(url)
    colours.push(String(await page.evaluate(`getComputedStyle(document.querySelector('.bad')).color`)))
  }
  assert.is(await page.$eval('#reasons td', cell => cell.textContent), EVIL)
  assert.is.not(colours[0], colours[1])
})

test('a token is asked for, a wrong one refused, the right one kept for the tab', async () => {
  const token = 'secret-of-24-characters!'
  const { url } = await serverOf(token)
  const { page } = await openPage()
  await page.goto(url)
  const says = (text: string) => async () =>
    (await page.$eval('#state', state => state.textContent ?? '')).includes(text)
  await page.type('#token', 'wrong')
  await page.click('#login button')
  await until(says('not the right one'), { ...waiting, what: 'the refusal' })
  await page.$eval('#token', input => {
    ;(input as unknown as { value: string }).value = ''
  })
  await page.type('#token', token)
  await page.click('#login button')
  const isShown = async () => (await page.title()) === 'LogCollector is not ready'
  await until(isShown, { ...waiting, what: 'the state' })
  assert.ok(await page.$eval('#login', form => (form as unknown as { hidden: boolean }).hidden))
  const drawnHere = await page.$eval('main', main => main.innerHTML)
  const plain = (await openPage()).page
  await plain.setJavaScriptEnabled(false)
  await plain.setExtraHTTPHeaders({ authorization: `Bearer ${token}` })
  await plain.goto(url)
  const drawnThere = await plain.$eval('main', main => main.innerHTML)
  const isAlike = drawnHere.trim() === drawnThere.replaceAll('</section>\n', '</section>').trim()
  assert.ok(isAlike, 'script and server draw alike')
  await page.reload()
  await until(isShown, { ...waiting, what: 'the state after a reload' })
})

test('a process that ended is said to be away, and what it said last stays', async () => {
  const { url } = await serverOf()
  const { page } = await openPage()
  await page.goto(url)
  await page.setOfflineMode(true)
  const isSaid = async () =>
    (await page.$eval('#state', state => state.textContent ?? '')).includes('not refreshed')
  await until(isSaid, { ...waiting, what: 'that it is not refreshed' })
  assert.is(await page.$eval('#reasons td', cell => cell.textContent), EVIL)
})

test.run()
