import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface ChromiumOptions {
  /** More arguments. */
  readonly args?: readonly string[]
  /** Pages of before are kept alive, as in everybody's browser; the driver switches that off. */
  readonly keepsPages?: boolean
}

/** Debian's Chromium with a profile of its own; the caller closes it. */
export const launchChromium = ({ args = [], keepsPages = false }: ChromiumOptions = {}): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...ARGUMENTS, ...args],
    ...(keepsPages ? { ignoreDefaultArgs: ['--disable-back-forward-cache'] } : {}),
  })

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly help: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

/** For a context that looks at many pages: axe is there with each of them, and is not sent half a megabyte at a time. */
export const bringAxe = (context: BrowserContext): Promise<unknown> => context.addInitScript(axeSource)

/**
 * What axe finds wrong with the page as it stands, or with one element of it, one line a node; empty when nothing. Evaluated
 * by the debugger, which a strict Content-Security-Policy does not hinder.
 */
export const axeViolations = async (page: Page, within?: string): Promise<readonly string[]> => {
  if (await page.evaluate<boolean>('globalThis.axe === undefined')) await page.evaluate(axeSource)
  return runAxe(page, within === undefined ? 'document' : JSON.stringify(within), {})
}

/** What becomes wrong when a page that axe has just looked at takes other colours: all that they can change is contrast. */
export const contrastViolations = (page: Page): Promise<readonly string[]> =>
  runAxe(page, 'document', { runOnly: ['color-contrast'] })

const runAxe = async (page: Page, context: string, options: { runOnly?: string[] }): Promise<readonly string[]> => {
  const settings = JSON.stringify({ preload: false, resultTypes: ['violations'], ...options })
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${context}, ${settings})`)
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html} ${failureSummary ?? ''}`),
  )
}
