import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchChromium } from '../kit/chromium.ts'
import { startPreview, type Preview } from './preview.ts'

export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const
export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const

export interface PreviewBrowser {
  readonly preview: () => Preview
  readonly open: (page: Page, id: string, language?: 'fr' | 'en') => Promise<unknown>
  /**
   * Lends a page in a context of its own. The test fails when the browser complains in the meantime: of a style or script
   * that the policy refuses, a broken address, a thrown error.
   */
  readonly withPage: (options: BrowserContextOptions, work: (page: Page) => Promise<void>) => Promise<void>
}

/** Starts Chromium and the preview before the tests of a file, and ends them afterwards. */
export const usePreview = (): PreviewBrowser => {
  let browser: Browser | undefined
  let preview: Preview | undefined

  before(async () => {
    ;[browser, preview] = await Promise.all([launchChromium(), startPreview()])
  })
  after(async () => {
    await browser?.close()
    await preview?.close()
  })
  beforeEach(() => {
    if (preview === undefined) return
    preview.session.body = { signedIn: false }
    preview.session.asked.length = 0
    preview.sent.length = 0
  })

  const started = (): Preview => preview ?? assert.fail('the preview has not started')
  return {
    preview: started,
    open: (page, id, language = 'fr') => page.goto(`${started().url}/${language}/${id}`),
    withPage: async (options, work) => {
      assert.ok(browser)
      const context = await browser.newContext(options)
      const complaints: string[] = []
      try {
        const page = await context.newPage()
        // It would send its form at once, and be another page: what it does is seen with a real gate (contextual-call.test.ts).
        await page.route(/\/call\.js/, (route) => route.fulfill({ contentType: 'text/javascript', body: '' }))
        page.on('console', (message) => {
          if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
        })
        page.on('pageerror', (error) => complaints.push(String(error)))
        await work(page)
        assert.deepEqual(complaints, [])
      } finally {
        await context.close()
      }
    },
  }
}
