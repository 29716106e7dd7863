import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { axeViolations, launchChromium } from '../kit/chromium.ts'
import { startDemo, type Demo } from '../kit/demo.ts'

/**
 * Seed 004, OncoCentre's guide for new users, step by step, in `portillon demo --policy policies/oncocentre.yaml`. One person
 * goes through it; each test is a step and goes on where the one before ended.
 */

let demo: Demo
let browser: Browser
let context: BrowserContext
let page: Page

const OWN_PASSWORD = 'Pervenche des bois n° 7'
const FORGOTTEN = 'Trois bateaux rouges au port 9'

before(async () => {
  demo = await startDemo('oncocentre')
  browser = await launchChromium()
  context = await browser.newContext({ locale: 'fr-FR', viewport: { width: 1280, height: 900 } })
  context.setDefaultTimeout(10_000)
  page = await context.newPage()
})
after(async () => {
  await browser.close()
  await demo.stop()
})

const lou = () => demo.person('l.debut')
const main = async (): Promise<string> => (await page.textContent('main')) ?? ''
const isSound = async (): Promise<void> => assert.deepEqual(await axeViolations(page), [])

/** Identifier, password and mailed code. */
const signIn = async (password: string): Promise<void> => {
  const mail = await demo.nextMail(lou().email, async () => {
    await page.goto(`${demo.url}/dcc/ui/GwtDCR.jsp`)
    await page.fill('input[name=login]', lou().login)
    await page.fill('input[name=password]', password)
    await page.click('button[name=way]')
    await page.getByRole('button', { name: 'Recevoir un code par e-mail' }).click()
  })
  await page.fill('input[name=code]', mail.code ?? '')
  await page.click('form:has(input[name=code]) button[type=submit]')
}

const save = async (password: string): Promise<void> => {
  await page.fill('input[name=password]', password)
  await page.click('form:has(input[name=password]) button[type=submit]')
}

describe('seed 004, « Première connexion au DCC »', () => {
  it('1.2.1: the link of the guide leads to the sign-in, which says who helps', async () => {
    await page.goto(`${demo.url}/dcc/ui/GwtDCR.jsp`)
    assert.match(page.url(), /\/_portillon\/sign-in/)
    assert.match((await page.textContent('body')) ?? '', /L'assistance de la plateforme régionale/)
    await isSound()
  })

  it('1.2.1: « lors de votre première connexion », the random password is replaced by an own one', async () => {
    await signIn(lou().password)
    await page.waitForURL('**/sign-in/new-password**')
    assert.match(await main(), /Votre mot de passe actuel vous a été donné/)
    await isSound()
    await save('onco')
    await page.waitForSelector('[role=alert]')
    await isSound()
    await save(OWN_PASSWORD)
    await page.waitForURL('**/dcc/ui/GwtDCR.jsp')
  })

  it('1.2.3: « Menu », then « Déconnexion », ends it', async () => {
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: 'Déconnexion' }).click()
    await page.waitForURL('**/signed-out')
    assert.match(await main(), /Vous êtes déconnecté/)
  })

  it('1.2.1: the given password no longer opens anything, the own one does, and is not asked to be changed', async () => {
    await page.goto(`${demo.url}/dcc/ui/GwtDCR.jsp`)
    await page.fill('input[name=login]', lou().login)
    await page.fill('input[name=password]', lou().password)
    await page.click('button[name=way]')
    await page.waitForSelector('[role=alert]')
    await signIn(OWN_PASSWORD)
    await page.waitForURL('**/dcc/ui/GwtDCR.jsp')
    await page.goto(`${demo.url}/dcc/logout`)
    await page.waitForURL('**/signed-out')
  })

  it('1.2.1: « en cas d’oubli de votre mot de passe », a link is mailed, and leads to a new one, never to a password', async () => {
    await page.goto(`${demo.url}/dcc/ui/GwtDCR.jsp`)
    await page.getByRole('link', { name: /Mot de passe oublié/ }).click()
    await page.fill('input[name=login]', lou().login)
    const mail = await demo.nextMail(lou().email, () => page.click('main form button[type=submit]'))
    await isSound()
    const link = /https?:\/\/\S+/.exec(mail.text)?.[0] ?? ''
    assert.doesNotMatch(mail.text, new RegExp(OWN_PASSWORD))
    await page.goto(link)
    await page.waitForSelector('input[name=password]')
    await isSound()
    await save(OWN_PASSWORD)
    await page.waitForSelector('[role=alert]')
    await save(FORGOTTEN)
    await page.waitForURL('**/password/changed**')
    await signIn(FORGOTTEN)
    await page.waitForURL('**/dcc/ui/GwtDCR.jsp')
  })
})
