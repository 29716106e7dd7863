import assert from 'node:assert/strict'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { axeViolations, bringAxe, contrastViolations } from '../kit/chromium.ts'
import { pageStates } from './page-states.ts'
import { DESKTOP, PHONE, usePreview } from './preview-page.ts'

const SCREENSHOTS = join(import.meta.dirname, '../../docs/screenshots')
const { open, withPage } = usePreview()

// What runs in the page is written as text: the tests are typed for Node, where there is no document.
const openHelp = (page: Page) =>
  page.evaluate(`document.querySelectorAll('details').forEach((help) => { help.open = true })`)
const overflow = (page: Page) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')

/** Few enough pages that one test ends in good time on a slow machine. */
const portions = <Item>(all: readonly Item[]): Item[][] =>
  Array.from({ length: Math.ceil(all.length / 15) }, (_, nth) => all.slice(nth * 15, nth * 15 + 15))

/** The first and the last state of each page: the plain one, and one in which something is wrong or added. */
const onePerPage = pageStates.filter(
  ({ page }, at) =>
    pageStates.findIndex((other) => other.page === page) === at ||
    pageStates.findLastIndex((other) => other.page === page) === at,
)

/** Letters twice as large, and the spacing of WCAG 1.4.12; a sheet that is made in the page is not the policy's affair. */
const SPACED = `html { font-size: 200% }
  * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }`
const spaceOut = (page: Page) =>
  page.evaluate(`{
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(${JSON.stringify(SPACED)})
    document.adoptedStyleSheets = [sheet]
  }`)

/** What is pressed and lower than 44 pixels, links within a sentence aside. The label around a box is what is pressed. */
const SMALL = `[...document.querySelectorAll('button, input:not([type=hidden]), summary, a:not(.alert a, .skip, .help li a)')]
  .filter((element) => element.checkVisibility() &&
    (element.closest('label') ?? element).getBoundingClientRect().height < 44)
  .map((element) => element.outerHTML)`

const passesAxe = async (page: Page, id: string): Promise<void> => {
  assert.deepEqual(await axeViolations(page), [], id)
  await page.emulateMedia({ colorScheme: 'dark' })
  assert.deepEqual(await contrastViolations(page), [], `${id}, dark`)
  await page.emulateMedia({ colorScheme: 'light' })
}

/** At 320 CSS pixels, which is 1280 at 400 % (WCAG 1.4.10), and on a phone with large letters. */
const fits = async (page: Page, id: string): Promise<void> => {
  await page.setViewportSize({ width: 320, height: 640 })
  assert.deepEqual(await page.evaluate<string[]>(SMALL), [], id)
  assert.equal(await overflow(page), 0, `${id} at 320 pixels`)
  await page.setViewportSize(PHONE.viewport)
  await spaceOut(page)
  assert.equal(await overflow(page), 0, `${id}, large and spaced`)
  await page.setViewportSize(DESKTOP.viewport)
}

describe('W-16: every page in every state', () => {
  // One visit for all of it: opening a page costs as much as looking at it.
  for (const [nth, states] of portions(pageStates).entries()) {
    it(`passes axe in French with the help opened, is as legible in the dark, and fits narrow windows and large letters with targets of 44 pixels, portion ${nth + 1}`, async () => {
      await withPage({ ...DESKTOP, colorScheme: 'light' }, async (page) => {
        await bringAxe(page.context())
        for (const { id } of states) {
          await open(page, id)
          await openHelp(page)
          await passesAxe(page, id)
          await fits(page, id)
        }
      })
    })
  }

  // Another language, another width and no script change a page, not what each of its states adds to it.
  for (const [nth, states] of portions(onePerPage).entries()) {
    it(`each page passes axe in English, on a phone, without a script, portion ${nth + 1}`, async () => {
      await withPage(PHONE, async (page) => {
        await bringAxe(page.context())
        await page.route(/\/(?:portillon|password|passkey|call)\.js/, (route) =>
          route.fulfill({ contentType: 'text/javascript', body: '' }),
        )
        for (const { id } of states) {
          await open(page, id, 'en')
          assert.deepEqual(await axeViolations(page), [], id)
        }
      })
    })
  }

  it('shows the step, the field and its button of a sign-in on the screen of an old workstation, without scrolling', async () => {
    await withPage({ viewport: { width: 1024, height: 640 } }, async (page) => {
      for (const [id, button] of [
        ['sign-in', 'Se connecter'],
        ['sign-in-error', 'Se connecter'],
        ['code', "S'authentifier"],
        ['code-error', "S'authentifier"],
      ] as const) {
        await open(page, id)
        const box = await page.getByRole('button', { name: button }).boundingBox()
        assert.ok(box !== null && box.y + box.height <= 640, `${id}: ${JSON.stringify(box)}`)
      }
    })
  })
})

describe('a refusal', () => {
  it('looks right where nothing else of the site can be loaded', async () => {
    await withPage(DESKTOP, async (page) => {
      await open(page, 'refusal-421')
      assert.equal(await page.evaluate(`document.querySelector('main').getBoundingClientRect().width`), 416)
      assert.equal(await page.evaluate(`performance.getEntriesByType('resource').length`), 0)
    })
  })

  it('R33: gives a reference that is copied with one press', async () => {
    await withPage({ ...DESKTOP, permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await open(page, 'refusal-502')
      await page.getByRole('button', { name: 'Copier' }).click()
      await page.getByRole('button', { name: 'Copié' }).waitFor()
      assert.equal(await page.evaluate('navigator.clipboard.readText()'), '7KQ2-M4XD-91')
    })
  })
})

describe('screenshots for the manual', () => {
  type Picture = readonly [name: string, id: string, prepare?: (page: Page) => Promise<void>]

  /** One page for all of them, whose clock stands still but for two seconds each: what counts down says the same in each run. */
  const take = async (options: BrowserContextOptions, ...pictures: readonly Picture[]): Promise<void> => {
    mkdirSync(SCREENSHOTS, { recursive: true })
    await withPage(options, async (page) => {
      await page.clock.install({ time: new Date('2026-11-23T13:32:00Z') })
      await page.clock.pauseAt(new Date('2026-11-23T13:32:30Z'))
      for (const [name, id, prepare] of pictures) {
        await open(page, id)
        await page.clock.runFor(2_000)
        await prepare?.(page)
        const path = join(SCREENSHOTS, `${name}.png`)
        await page.screenshot({ path, fullPage: true, animations: 'disabled', caret: 'hide' })
        assert.ok(statSync(path).size < 300_000, name)
      }
    })
  }

  const MANUAL = [
    ...['sign-in', 'sign-in-error', 'sign-in-expired', 'sign-in-notices', 'sign-in-training', 'code', 'code-error'],
    ...['sign-in-arrival-away', 'provider-cancelled', 'provider-unavailable', 'provider-refused', 'provider-too-weak'],
    ...['signed-out-provider-ended', 'signed-out-provider-open', 'signed-out-provider-unreachable', 'practice'],
    ...['code-expired', 'forgotten', 'no-factor', 'sign-out', 'signed-out', 'signed-in', 'cookies-refused', 'loop'],
    ...['kept-form', 'kept-form-unsure', 'kept-form-foreign', 'sign-in-form-kept', 'signed-in-again'],
    ...['refusal-403', 'refusal-421', 'refusal-502', 'outbox'],
    ...['choice', 'application', 'application-added', 'totp', 'totp-clock', 'recovery-codes', 'account', 'address'],
    ...['call-other-person', 'call-other-patient', 'call-refused', 'call-refused-test', 'call-gone', 'call-press'],
    ...['forgotten-login', 'forgotten-sent', 'new-password', 'new-password-unmet', 'new-password-expired'],
  ]

  for (const [nth, ids] of portions(MANUAL).entries()) {
    it(`are written for the main pages, each under 300 kB, portion ${nth + 1}`, () =>
      take(DESKTOP, ...ids.map((id) => [id, id] as const)))
  }

  it('are written for a phone, in the dark, and for a mail', async () => {
    await take(PHONE, ['sign-in-phone', 'sign-in'], ['code-phone', 'code'])
    const typed = (page: Page) => page.fill('#code', '482913')
    await take({ ...DESKTOP, colorScheme: 'dark' }, ['sign-in-dark', 'sign-in'], ['code-dark', 'code', typed])
    await take(DESKTOP, ['mail-code', 'mail-code.html'])
  })
})
