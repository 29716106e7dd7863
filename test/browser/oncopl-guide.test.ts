import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { axeViolations, launchChromium } from '../kit/chromium.ts'
import { startDemo, type Demo } from '../kit/demo.ts'

/**
 * Seed 001, ONCOPL's own presentation of how people will sign in, step by step, in `portillon demo --policy
 * policies/oncopl.yaml`. One person goes through it; each test is a step and goes on where the one before ended.
 */

let demo: Demo
let browser: Browser
let context: BrowserContext
let page: Page
/** The key that the application on the telephone was given. */
let key = ''
let firstCode = ''

const SECOND_ADDRESS = 'camille.exemple@cabinet.example.test'

before(async () => {
  demo = await startDemo('oncopl')
  browser = await launchChromium()
  context = await browser.newContext({ locale: 'fr-FR', viewport: { width: 1280, height: 900 } })
  context.setDefaultTimeout(10_000)
  page = await context.newPage()
})
after(async () => {
  await browser.close()
  await demo.stop()
})

const camille = () => demo.person('c.exemple')
const main = async (): Promise<string> => (await page.textContent('main')) ?? ''
const isSound = async (): Promise<void> => assert.deepEqual(await axeViolations(page), [])

const giveCredentials = async (): Promise<void> => {
  await page.goto(`${demo.url}/dcc/ui/GwtDCR.jsp`)
  await page.fill('input[name=login]', camille().login)
  await page.fill('input[name=password]', camille().password)
  await page.click('button[name=way]')
}

/** « Par mail (mon adresse) », whatever its masked form. */
const askByMail = (address: RegExp): Promise<void> => page.getByRole('button', { name: address }).click()

const enter = async (code: string): Promise<void> => {
  await page.fill('input[name=code]', code)
  await page.click('form:has(input[name=code]) button[type=submit]')
}

/** What the telephone shows, so many steps of 30 seconds from now: a code that has served is not accepted again (T-03). */
const shownByTelephone = (steps = 0): string =>
  execFileSync('oathtool', ['--totp', '--base32', '--now', `@${Math.floor(Date.now() / 1_000) + steps * 30}`, key], {
    encoding: 'utf8',
  }).trim()

const signOut = async (): Promise<void> => {
  await page.goto(`${demo.url}/dcc/logout`)
  await page.waitForURL('**/signed-out')
}

describe('seed 001, « Authentification à double facteur »', () => {
  it('connexion OTP par mail 1: the person types identifier and password, and a code is mailed', async () => {
    const mail = await demo.nextMail(camille().email, async () => {
      await giveCredentials()
      await askByMail(/c\*\*\*\.e\*\*\*@hopital/)
    })
    await page.waitForSelector('input[name=code]')
    assert.ok(mail.code !== null)
    firstCode = mail.code
    assert.doesNotMatch(mail.subject, /\d{3}/, 'the code is not in the subject')
    assert.match(await main(), /c\*\*\*\.e\*\*\*@hopital\.example\.test/, 'the address is shown masked')
    await isSound()
  })

  it('connexion OTP par mail 3: the person types the code and reaches the DCC', async () => {
    await enter(firstCode)
    await page.waitForURL('**/dcc/ui/GwtDCR.jsp')
    assert.match((await page.textContent('body')) ?? '', /Camille Exemple/)
  })

  it('« modifier son choix depuis ses préférences »: a second address is added, and confirmed by a code', async () => {
    await page.goto(`${demo.url}/_portillon/account`)
    await isSound()
    await page.getByRole('link', { name: 'Ajouter une adresse' }).click()
    await page.fill('input[type=email]', SECOND_ADDRESS)
    const mail = await demo.nextMail(SECOND_ADDRESS, () => page.click('main form button[type=submit]'))
    await enter(mail.code ?? '')
    await page.waitForURL('**/account**')
    assert.match(await main(), /Votre adresse est confirmée/)
    await signOut()
  })

  it('« Pas d’adresse MSS »: an address of secure messaging, or of a whole service, is refused in plain words', async () => {
    const mail = await demo.nextMail(camille().email, async () => {
      await giveCredentials()
      await askByMail(/c\*\*\*\.e\*\*\*@hopital/)
    })
    await enter(mail.code ?? '')
    await page.waitForURL('**/dcc/ui/GwtDCR.jsp')
    for (const address of ['camille.exemple@hopital.mssante.fr', 'secretariat@hopital.example.test']) {
      await page.goto(`${demo.url}/_portillon/account/address`)
      await page.fill('input[type=email]', address)
      await page.click('main form button[type=submit]')
      await page.waitForSelector('[aria-invalid=true]')
      await isSound()
    }
    await signOut()
  })

  it('sélection du mode de connexion 1-2: the person chooses among their masked addresses', async () => {
    await giveCredentials()
    await page.waitForURL('**/sign-in/choice**')
    const text = await main()
    assert.match(text, /c\*\*\*\.e\*\*\*@hopital\.example\.test/)
    assert.match(text, /c\*\*\*\.e\*\*\*@cabinet\.example\.test/)
    assert.match(text, /Je veux associer mon accès à une application d'authentification/)
    await isSound()
  })

  it('connexion TOTP 1-2: « associer mon accès à une application »: after a code by mail, the QR code is shown', async () => {
    await page.getByRole('link', { name: 'Associer mon accès à une application' }).click()
    const mail = await demo.nextMail(SECOND_ADDRESS, () => askByMail(/c\*\*\*\.e\*\*\*@cabinet/))
    await enter(mail.code ?? '')
    await page.waitForSelector('img.qr')
    await page.click('summary')
    const shown = (await page.textContent('dd.key')) ?? ''
    key = shown.replaceAll(/\s/g, '')
    assert.match(key, /^[A-Z2-7]{32,}$/)
    assert.match((await page.getAttribute('a[href^="otpauth:"]', 'href')) ?? '', /issuer=DCC%20ONCOPL/)
    await isSound()
  })

  it('connexion TOTP 3: the association is verified by a first code, and the DCC opens', async () => {
    await enter(shownByTelephone(-1))
    await page.waitForSelector('text=Votre application est associée')
    await isSound()
    await page.getByRole('link', { name: 'Continuer' }).click()
    await page.waitForURL('**/dcc/ui/GwtDCR.jsp')
    await signOut()
  })

  it('connexion TOTP 4-5: identifier and password, then the code that the application shows', async () => {
    await giveCredentials()
    await page.getByRole('button', { name: /Utiliser mon application/ }).click()
    await page.waitForSelector('input[name=code]')
    await isSound()
    await enter(shownByTelephone())
    await page.waitForURL('**/dcc/ui/GwtDCR.jsp')
  })

  it('« gestion de la connexion OTP »: the choice is kept in the preferences, and the next sign-in asks at once', async () => {
    await page.goto(`${demo.url}/_portillon/account`)
    const offer = await page.getAttribute('select[name=offer] option[value^="totp."]', 'value')
    await page.selectOption('select[name=offer]', offer ?? '')
    await page.getByRole('button', { name: 'Enregistrer mon choix' }).click()
    await page.waitForSelector('text=Votre choix est enregistré')
    await signOut()
    await giveCredentials()
    await page.waitForURL('**/sign-in/code**')
    assert.match(await main(), /Code de votre application/)
  })
})
