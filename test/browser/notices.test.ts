import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { makeCertificate } from '../kit/certificate.ts'
import { launchChromium } from '../kit/chromium.ts'
import { GATE_PASSWORD, PERSON, loadedSite, startGate, type Gate } from '../kit/gate.ts'
import { notMeLinkIn } from '../kit/notices.ts'
import { freePort } from '../kit/ports.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'

const SCREENSHOTS = join(import.meta.dirname, '../../docs/screenshots')

let browser: Browser
let upstream: HttpUpstream
let gate: Gate
let origin: string

before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const port = await freePort()
  origin = `https://localhost:${port}`
  upstream = await startHttpUpstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>DCC</title><h1>DCC</h1>')
  })
  const { cert, key } = makeCertificate('localhost')
  const loaded = loadedSite(
    {
      hosts: [`localhost:${port}`],
      upstream: { url: upstream.url },
      password: { forgotten: 'mail' },
      'remember-device': { for: '30d' },
    },
    null,
  )
  gate = await startGate({
    upstream: upstream.url,
    people: [PERSON],
    settings: {
      sites: [{ ...loaded, site: { ...loaded.site, origin }, origin, secure: true, realm: 'onco-test' }],
      tls: { cert: Buffer.from(cert), key: Buffer.from(key) },
    },
    config: { listen: { address: '127.0.0.1', port, 'trusted-proxies': [] } },
  })
  browser = await launchChromium()
})
after(async () => {
  await browser.close()
  await gate.stop()
  await upstream.stop()
})

const withPage = async (use: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'fr-FR', ...options })
  try {
    await use(await context.newPage())
  } finally {
    await context.close()
  }
}

const givePassword = async (page: Page): Promise<void> => {
  await page.goto(`${origin}/dcc/`)
  await page.fill('input[name=login]', PERSON.login)
  await page.fill('input[name=password]', GATE_PASSWORD)
  await page.click('button[name=way]')
}

const signIn = async (page: Page, { remember = false } = {}): Promise<void> => {
  const before = gate.mails().length
  await givePassword(page)
  await page.waitForSelector('input[name=code]')
  if (remember) await page.check('input[name=device]')
  while (gate.mails().length === before) await new Promise((resolve) => setTimeout(resolve, 25))
  const code = /(?<!\d)(\d{3})\u00a0(\d{3})(?!\d)/
    .exec(gate.mails()[0]?.text ?? '')
    ?.slice(1)
    .join('')
  await page.fill('input[name=code]', code ?? assert.fail('no code'))
  await page.keyboard.press('Enter')
  await page.waitForURL(`${origin}/dcc/`)
}
const picture = (page: Page, name: string) =>
  page.screenshot({ path: join(SCREENSHOTS, `journey-${name}.png`), fullPage: true })

describe('a device that is remembered, and one that was not mine, in Chromium', () => {
  it('R25, R31: the box spares the code; the mail of a new device leads to « Ce n’est pas moi », without a script too', async () => {
    await withPage(async (owner) => {
      await signIn(owner, { remember: true })
      await owner.context().clearCookies({ name: '__Host-portillon' })
      await givePassword(owner)
      await owner.waitForURL(`${origin}/dcc/`)

      await withPage((intruder) => signIn(intruder), {
        userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0',
      })
      const mail = gate.mails()[0] ?? assert.fail('no mail')
      assert.match(mail.subject, /depuis un nouvel appareil/)
      const link = notMeLinkIn(mail, origin)
      await withPage(
        async (page) => {
          await page.goto(`${origin}${link}`)
          assert.equal(page.url(), `${origin}/_portillon/not-me`, 'nothing secret stays in the address')
          assert.match((await page.textContent('main')) ?? '', /Une connexion depuis un nouvel appareil/)
          assert.match((await page.textContent('main')) ?? '', /Firefox/)
          await picture(page, 'not-me')
          await page.click('form[action="/_portillon/not-me"] button')
          await page.waitForSelector('h1:has-text("Votre compte est protégé")')
          await picture(page, 'not-me-done')
          await page.click('main a.button')
          await page.waitForURL(`${origin}/_portillon/password/forgot`)
        },
        { javaScriptEnabled: false },
      )
      await owner.goto(`${origin}/dcc/`)
      assert.match(owner.url(), /\/_portillon\/sign-in/)
    })
  })
})
