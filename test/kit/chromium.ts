import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type Page } from 'playwright-core'

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

/** Debian's Chromium with a profile of its own; the caller closes it. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS })

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly help: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

/**
 * What axe finds wrong with the page as it stands, or with one element of it, one line a node; empty when nothing. Evaluated by the debugger, which a
 * strict Content-Security-Policy does not hinder.
 */
export const axeViolations = async (page: Page, within?: string): Promise<readonly string[]> => {
  await page.evaluate(axeSource)
  const run = `axe.run(${within === undefined ? 'document' : JSON.stringify(within)}, { preload: false, resultTypes: ['violations'] })`
  const { violations } = await page.evaluate<AxeResults>(run)
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html} ${failureSummary ?? ''}`),
  )
}
