import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { axeViolations, launchChromium } from '../kit/chromium.ts'
import { startDemo, type Demo } from '../kit/demo.ts'

/**
 * Seed 001, « Pro Santé Connect (PSC) » : the button of ONCOPL's sign-in page, in `portillon demo --policy
 * policies/oncopl.yaml`, with a look-alike of the provider. Each test has a browser of its own.
 */

let demo: Demo
let browser: Browser

before(async () => {
  demo = await startDemo('oncopl')
  browser = await launchChromium()
})
after(async () => {
  await browser.close()
  await demo.stop()
})

const BUTTON = /S'identifier avec PRO SANTÉ CONNECT/

const inBrowser = async (act: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> => {
  const context = await browser.newContext({ locale: 'fr-FR', viewport: { width: 1280, height: 900 } })
  context.setDefaultTimeout(10_000)
  try {
    await act(await context.newPage(), context)
  } finally {
    await context.close()
  }
}

const goThere = async (page: Page, path = '/dcc/ui/GwtDCR.jsp'): Promise<void> => {
  await page.goto(`${demo.url}${path}`)
  await page.getByRole('link', { name: BUTTON }).click()
  await page.getByRole('heading', { name: 'Imitation de Pro Santé Connect' }).waitFor()
}

describe('seed 001, « Pro Santé Connect (PSC) »', () => {
  it('the button stands first, with the words of the presentation, and is the main thing of the page', () =>
    inBrowser(async (page) => {
      await page.goto(`${demo.url}/dcc/ui/GwtDCR.jsp`)
      const button = page.getByRole('link', { name: BUTTON })
      assert.match((await button.getAttribute('class')) ?? '', /button-primary/)
      assert.match((await page.textContent('main')) ?? '', /Un service du ministère chargé de la Santé/)
      const places = await Promise.all([button, page.locator('input[name=login]')].map((one) => one.boundingBox()))
      assert.ok((places[0]?.y ?? 0) < (places[1]?.y ?? 0))
      assert.deepEqual(await axeViolations(page), [])
    }))

  it('a doctor identifies herself there and reaches the page that she asked for, by keyboard alone', () =>
    inBrowser(async (page) => {
      await page.goto(`${demo.url}/dcc/ui/GwtDCR.jsp?dossier=1024`)
      await page.getByRole('link', { name: BUTTON }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: /Camille Exemple/ }).focus()
      await page.keyboard.press('Enter')
      await page.waitForURL('**/dcc/ui/GwtDCR.jsp?dossier=1024')
      assert.match((await page.textContent('body')) ?? '', /Camille Exemple/)
    }))

  it('on a telephone, where the tab is opened anew after the application, the way goes on', () =>
    inBrowser(async (page, context) => {
      await goThere(page)
      const address = page.url()
      await page.close()
      const again = await context.newPage()
      await again.setViewportSize({ width: 390, height: 800 })
      await again.goto(address)
      await again.getByRole('button', { name: /Camille Exemple/ }).click()
      await again.waitForURL('**/dcc/ui/GwtDCR.jsp')
    }))

  it('whoever cancels there is told so, and finds the other ways', () =>
    inBrowser(async (page) => {
      await goThere(page)
      await page.getByRole('button', { name: 'Annuler' }).click()
      await page.getByRole('heading', { name: 'Connexion annulée' }).waitFor()
      assert.doesNotMatch(page.url(), /code=|state=/)
      assert.deepEqual(await axeViolations(page), [])
      await page.getByRole('link', { name: 'Choisir un autre moyen de connexion' }).click()
      await page.waitForSelector('input[name=login]')
    }))

  it('somebody whom the region does not know is told whom to ask', () =>
    inBrowser(async (page) => {
      await goThere(page)
      await page.getByRole('button', { name: /Sacha Inconnu/ }).click()
      await page.getByRole('heading', { name: /nous ne trouvons pas votre accès/ }).waitFor()
      assert.deepEqual(await axeViolations(page), [])
    }))

  it('signing out ends both sessions, and says so; the next person on this computer is asked who they are', () =>
    inBrowser(async (page) => {
      await goThere(page)
      await page.getByRole('button', { name: /Camille Exemple/ }).click()
      await page.waitForURL('**/dcc/ui/GwtDCR.jsp')
      await page.goto(`${demo.url}/_portillon/sign-out`)
      await page.click('main form button[type=submit]')
      await page.waitForURL('**/pro-sante-connect/signed-out?*')
      assert.match((await page.textContent('main')) ?? '', /Votre session Pro Santé Connect est fermée, elle aussi/)
      assert.deepEqual(await axeViolations(page), [])
      await goThere(page)
    }))

  it('after the sign-out of the DCC itself, the page says what is left, and ends it by a link', () =>
    inBrowser(async (page) => {
      await goThere(page)
      await page.getByRole('button', { name: /Camille Exemple/ }).click()
      await page.waitForURL('**/dcc/ui/GwtDCR.jsp')
      await page.goto(`${demo.url}/dcc/logout`)
      await page.waitForURL('**/signed-out')
      assert.match((await page.textContent('main')) ?? '', /peut-être encore ouverte/)
      assert.deepEqual(await axeViolations(page), [])
      await page.getByRole('link', { name: /Fermer aussi ma session/ }).click()
      await page.waitForURL('**/pro-sante-connect/signed-out?*')
      assert.match((await page.textContent('main')) ?? '', /est fermée, elle aussi/)
    }))
})
