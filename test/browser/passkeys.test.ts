import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, BrowserContextOptions, CDPSession, Page } from 'playwright-core'
import { axeViolations, launchChromium } from '../kit/chromium.ts'
import { GATE_PASSWORD, PERSON, startGate, type Gate } from '../kit/gate.ts'
import { PASSKEY_WAYS } from '../kit/passkeys.ts'
import { freePort } from '../kit/ports.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { mailedCode } from '../kit/visitor.ts'

const SCREENSHOTS = join(import.meta.dirname, '../../docs/screenshots')
const [HOLDER, HESITANT, OTHER] = ['c.exemple', 'h.esite', 'o.autre'].map((login) => ({
  ...PERSON,
  login,
  email: `${login}@example.test`,
}))

let browser: Browser
let upstream: HttpUpstream
let gate: Gate
let origin: string

before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const port = await freePort()
  // Browsers take this one name for a secure place without a certificate, and passkeys answer to names alone.
  origin = `http://localhost:${port}`
  upstream = await startHttpUpstream()
  gate = await startGate({
    upstream: upstream.url,
    people: [HOLDER, HESITANT, OTHER].filter((person) => person !== undefined),
    site: { hosts: [`localhost:${port}`], origin, ways: PASSKEY_WAYS },
    config: { listen: { address: '127.0.0.1', port, 'trusted-proxies': [] } },
  })
  browser = await launchChromium()
})
after(async () => {
  await browser.close()
  await gate.stop()
  await upstream.stop()
})

const withPage = async (
  use: (page: Page, context: BrowserContext) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> => {
  const context = await browser.newContext({ locale: 'fr-FR', viewport: { width: 1280, height: 900 }, ...options })
  try {
    await use(await context.newPage(), context)
  } finally {
    await context.close()
  }
}

interface Device {
  /** Whether the person can prove to it who they are: finger on the sensor, right code. */
  recognises(isPerson: boolean): Promise<void>
}

/** A telephone or laptop with a fingerprint reader, by Chromium's virtual authenticator. */
const plugIn = async (page: Page): Promise<Device> => {
  const session: CDPSession = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    recognises: async (isUserVerified) => {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    },
  }
}

const givePassword = async (page: Page, login: string): Promise<void> => {
  await page.goto(`${origin}/dcc/`)
  await page.fill('input[name=login]', login)
  await page.fill('input[name=password]', GATE_PASSWORD)
  await page.click('button[name=way]')
}

const signInByMail = async (page: Page, login: string): Promise<void> => {
  const before = gate.mails().length
  await givePassword(page, login)
  await page.getByRole('button', { name: 'Recevoir un code par e-mail' }).click()
  await page.waitForSelector('input[name=code]')
  while (gate.mails().length === before) await new Promise((resolve) => setImmediate(resolve))
  await page.fill('input[name=code]', await mailedCode(gate))
  await page.keyboard.press('Enter')
  await page.waitForURL(`${origin}/dcc/`)
}

const makePasskey = async (page: Page, label: string): Promise<void> => {
  await page.goto(`${origin}/_portillon/account`)
  await page.getByRole('link', { name: "Créer une clé d'accès" }).click()
  await page.getByLabel('Nom de la clé').fill(label)
  await page.getByRole('button', { name: "Créer ma clé d'accès" }).click()
  await page.waitForURL('**/account?done=passkey-added')
}

const signOut = (context: BrowserContext): Promise<void> => context.clearCookies({ name: 'portillon' })

describe('passkeys in Chromium', () => {
  it('are made under « Mon compte », asked for after the password, and sign in alone', async () => {
    await withPage(async (page, context) => {
      await plugIn(page)
      await signInByMail(page, HOLDER?.login ?? '')
      await page.goto(`${origin}/_portillon/account`)
      await page.getByRole('link', { name: "Créer une clé d'accès" }).click()
      await page.getByRole('button', { name: "Créer ma clé d'accès" }).waitFor()
      assert.match(await page.inputValue('#label'), /Chrom/, 'named after the device')
      assert.deepEqual(await axeViolations(page), [])
      await page.screenshot({ path: join(SCREENSHOTS, 'new-passkey.png'), fullPage: true })
      await makePasskey(page, 'Portable du cabinet')
      assert.match((await page.textContent('main')) ?? '', /Portable du cabinet/)
      assert.deepEqual(await axeViolations(page), [])

      await signOut(context)
      await givePassword(page, HOLDER?.login ?? '')
      await page.getByRole('button', { name: "Utiliser ma clé d'accès" }).click()
      // The page asks by itself.
      await page.waitForURL(`${origin}/dcc/`)

      await signOut(context)
      await page.goto(`${origin}/dcc/ui/page?x=1#onglet`)
      await page.screenshot({ path: join(SCREENSHOTS, 'sign-in-passkey.png'), fullPage: true })
      await page.getByRole('link', { name: "Se connecter avec une clé d'accès" }).click()
      await page.waitForURL(`${origin}/dcc/ui/page?x=1#onglet`)
    })
  })

  it('say what happened when the person is not recognised, and go on when they try again', async () => {
    await withPage(async (page, context) => {
      const device = await plugIn(page)
      await signInByMail(page, HESITANT?.login ?? '')
      await makePasskey(page, 'Téléphone')
      await signOut(context)
      await device.recognises(false)
      await page.goto(`${origin}/dcc/`)
      await page.getByRole('link', { name: "Se connecter avec une clé d'accès" }).click()
      const said = page.getByRole('alert').filter({ hasText: 'La demande a été annulée' })
      await said.waitFor()
      assert.deepEqual(await axeViolations(page), [])
      await page.screenshot({ path: join(SCREENSHOTS, 'passkey-cancelled.png'), fullPage: true })
      await device.recognises(true)
      await page.getByRole('button', { name: "Utiliser ma clé d'accès" }).click()
      await page.waitForURL(`${origin}/dcc/`)
    })
  })

  it('of a device that has one already are not made twice', async () => {
    await withPage(async (page) => {
      await plugIn(page)
      await signInByMail(page, OTHER?.login ?? '')
      await makePasskey(page, 'Téléphone')
      await page.goto(`${origin}/_portillon/account/passkey`)
      await page.getByRole('button', { name: "Créer ma clé d'accès" }).click()
      await page.getByRole('alert').filter({ hasText: "Cet appareil a déjà une clé d'accès" }).waitFor()
    })
  })

  it('lead on to another way in a browser that does not know them', async () => {
    await withPage(async (page) => {
      await page.addInitScript('delete window.PublicKeyCredential')
      await page.goto(`${origin}/dcc/`)
      await page.getByRole('link', { name: "Se connecter avec une clé d'accès" }).click()
      await page.getByRole('alert').filter({ hasText: 'ne sait pas se servir' }).waitFor()
      assert.equal(await page.getByRole('button', { name: "Utiliser ma clé d'accès" }).count(), 0)
      assert.deepEqual(await axeViolations(page), [])
      await page.getByRole('link', { name: 'Utiliser un autre moyen' }).click()
      await page.waitForSelector('input[name=password]')
    })
  })

  it('say without JavaScript that they need it, and lead on to another way', async () => {
    await withPage(
      async (page) => {
        await page.goto(`${origin}/dcc/`)
        await page.getByRole('link', { name: "Se connecter avec une clé d'accès" }).click()
        assert.match((await page.textContent('main')) ?? '', /ont besoin de JavaScript/)
        assert.equal(await page.getByRole('button', { name: "Utiliser ma clé d'accès" }).count(), 0)
        await page.getByRole('link', { name: 'Utiliser un autre moyen' }).click()
        await page.waitForSelector('input[name=password]')
      },
      { javaScriptEnabled: false },
    )
  })
})
