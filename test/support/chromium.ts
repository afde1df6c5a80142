/**
 * A real browser without a window, from npm (@sparticuz/chromium: Linux on x64). Closed with the suite. What a page
 * complains of, in its console or by its policy, is gathered: a test asserts that there is nothing.
 */
import chromium from '@sparticuz/chromium'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { cleanUp } from './suite.ts'

let browser: Promise<Browser> | null = null

async function launch(): Promise<Browser> {
  const executablePath = await chromium.executablePath()
  const started = await puppeteer.launch({ args: chromium.args, executablePath, headless: 'shell' })
  cleanUp(() => started.close())
  return started
}

export interface Visit {
  readonly page: Page
  /** Errors of scripts and of the console, violations of the policy among them. */
  readonly complaints: readonly string[]
}

/** An empty page of its own. */
export async function openPage(): Promise<Visit> {
  browser ??= launch()
  const page = await (await browser).newPage()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return { page, complaints }
}
