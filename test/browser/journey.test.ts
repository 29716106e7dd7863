import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { startStandIn, type StandIn } from '../../deploy/demo/stand-in.ts'
import { loadSite } from '../../src/policy/load.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { axeViolations, launchChromium } from '../kit/chromium.ts'
import { GATE_PASSWORD, PERSON, startGate, type Gate } from '../kit/gate.ts'
import { freePort } from '../kit/ports.ts'
import { SIGNATURE_SECRET } from '../kit/signed-request.ts'

const SCREENSHOTS = join(import.meta.dirname, '../../docs/screenshots')
const ZOE = {
  ...PERSON,
  login: 'z.oeuvrard',
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe.oeuvrard@clinique.example.test',
}

let browser: Browser
let standIn: StandIn
let gate: Gate
let origin: string

before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const port = await freePort()
  origin = `https://localhost:${port}`
  standIn = await startStandIn({
    jwks: () => gate.app.jwks(),
    issuer: () => origin,
    audience: 'webdcr',
    signature: { keyId: 'journey', secret: SIGNATURE_SECRET, headers: ['X-Remote-User', 'X-User-RPPS'] },
  })
  const loaded = loadSite(join(import.meta.dirname, '../../policies/demo.yaml'), { now: Date.now() })
  assert.ok(loaded.ok)
  const { cert, key } = makeCertificate('localhost')
  const site = {
    ...loaded.value.site,
    hosts: [`localhost:${port}`],
    origin,
    upstream: { ...loaded.value.site.upstream, url: standIn.url },
    identity: {
      ...loaded.value.site.identity,
      signature: { 'key-id': 'journey', 'secret-file': 'read before', lifetime: 60_000 },
    },
  }
  gate = await startGate({
    upstream: standIn.url,
    people: [PERSON, ZOE],
    settings: {
      sites: [{ ...loaded.value, site, origin, secure: true, realm: 'onco-test', signatureSecret: SIGNATURE_SECRET }],
      tls: { cert: Buffer.from(cert), key: Buffer.from(key) },
    },
    config: { listen: { address: '127.0.0.1', port, 'trusted-proxies': [] } },
  })
  browser = await launchChromium()
})
after(async () => {
  await browser.close()
  await gate.stop()
  await standIn.close()
})

const withContext = async (
  use: (page: Page, context: BrowserContext) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> => {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: 'fr-FR',
    viewport: { width: 1280, height: 900 },
    ...options,
  })
  try {
    await use(await context.newPage(), context)
  } finally {
    await context.close()
  }
}

const newestCode = async (to: string): Promise<string> => {
  for (let round = 0; round < 400; round += 1) {
    const mail = gate.mails().find((one) => one.to === to)
    const code = mail === undefined ? null : /(?<!\d)(\d{3})[\s\u00a0](\d{3})(?!\d)/.exec(mail.text)
    if (code !== null) return `${code[1] ?? ''}${code[2] ?? ''}`
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`no code was mailed to ${to}`)
}

/** Waits for the mail of this sign-in, not of the one before. */
const codeAfter = async (before: number, to: string): Promise<string> => {
  while (gate.mails().length === before) await new Promise((resolve) => setTimeout(resolve, 25))
  return newestCode(to)
}

const giveCredentials = async (page: Page, login: string): Promise<void> => {
  await page.fill('input[name=login]', login)
  await page.fill('input[name=password]', GATE_PASSWORD)
  await page.click('button[name=way]')
}

const signIn = async (page: Page, path: string, person = ZOE): Promise<void> => {
  const before = gate.mails().length
  await page.goto(`${origin}${path}`)
  await giveCredentials(page, person.login)
  await page.waitForSelector('input[name=code]')
  await page.fill('input[name=code]', await codeAfter(before, person.email))
  await page.keyboard.press('Enter')
  await page.waitForURL(`${origin}/dcc/**`)
}

const picture = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(SCREENSHOTS, `journey-${name}.png`), fullPage: true })
}

describe('the whole journey in Chromium, over TLS, in front of the stand-in application', () => {
  it('leads from a deep link through identifier, password and mailed code to that very page, fragment included', async () => {
    await withContext(async (page) => {
      const link = '/dcc/ui/patient.jsp?id=1024&onglet=rcp&q=a+b%20c#onglet-rcp'
      const before = gate.mails().length
      await page.goto(`${origin}${link}`)
      assert.match(await page.title(), /Connexion/)
      assert.deepEqual(await axeViolations(page), [])
      await picture(page, '1-sign-in')
      await page.fill('input[name=login]', ZOE.login)
      await page.fill('input[name=password]', 'pas le bon')
      await page.click('button[name=way]')
      await page.waitForSelector('[role=alert], .summary, .error')
      assert.deepEqual(await axeViolations(page), [])
      await picture(page, '2-wrong-password')
      await giveCredentials(page, ZOE.login)
      await page.waitForSelector('input[name=code]')
      assert.match((await page.textContent('main')) ?? '', /Votre canal de réception/)
      assert.match((await page.textContent('main')) ?? '', /z\*\*\*\.o\*\*\*@clinique\.example\.test/)
      assert.deepEqual(await axeViolations(page), [])
      await picture(page, '3-code')
      const code = await codeAfter(before, ZOE.email)
      await page.fill('input[name=code]', code === '111111' ? '222222' : '111111')
      await page.keyboard.press('Enter')
      await page.waitForSelector('input[name=code][aria-invalid=true]')
      assert.deepEqual(await axeViolations(page), [])
      await picture(page, '4-wrong-code')
      await page.fill('input[name=code]', `${code.slice(0, 3)} ${code.slice(3)}`)
      await page.keyboard.press('Enter')
      await page.waitForURL(`${origin}${link}`)
      assert.match((await page.textContent('body')) ?? '', /Zoé Œuvrard/)
      await picture(page, '5-application')
    })
  })

  it('shows the application who it is: name intact, statement and signature verified', async () => {
    await withContext(async (page) => {
      await signIn(page, '/dcc/whoami')
      const text = (await page.textContent('body')) ?? ''
      assert.match(text, /Zoé Œuvrard/)
      assert.doesNotMatch(text, /identité non vérifiée/)
      assert.match(text, /Requête signée par la passerelle \(RFC 9421\), vérifiée et jamais reçue auparavant/)
    })
  })

  it('R8: a script of a page whose session has ended gets 401 and JSON, and its page stays', async () => {
    await withContext(async (page, context) => {
      await signIn(page, '/dcc/')
      await context.clearCookies({ name: '__Host-portillon' })
      const answer = await page.evaluate<{ status: number; type: string; error: string }>(
        `fetch('/dcc/api/poll').then(async (r) => ({ status: r.status, type: r.headers.get('content-type'), error: (await r.json()).error }))`,
      )
      assert.equal(answer.status, 401)
      assert.match(answer.type, /application\/json/)
      assert.equal(answer.error, 'sign-in-required')
      assert.ok(page.url().startsWith(`${origin}/dcc/`))
    })
  })

  it('carries the WebSocket of the application, and ends it at the sign-out', async () => {
    await withContext(async (page, context) => {
      await signIn(page, '/dcc/')
      const echoed = await page.evaluate<string>(
        `new Promise((resolve, reject) => { window.ws = new WebSocket(location.origin.replace('http', 'ws') + '/dcc/ws'); ws.onerror = reject; ws.onopen = () => ws.send('bonjour'); ws.onmessage = (event) => { if (String(event.data).includes('bonjour')) resolve(String(event.data)) } })`,
      )
      assert.match(echoed, /bonjour/)
      const tab = await context.newPage()
      await tab.goto(`${origin}/dcc/logout`)
      await tab.waitForURL('**/signed-out')
      assert.equal(
        await page.evaluate<number>(
          `new Promise((resolve) => ws.readyState === 3 ? resolve(3) : (ws.onclose = () => resolve(ws.readyState)))`,
        ),
        3,
      )
    })
  })

  it('leaves by the menu of the application: « Menu », « Déconnexion », and the session is over', async () => {
    await withContext(async (page) => {
      await signIn(page, '/dcc/ui/GwtDCR.jsp')
      await page.getByRole('button', { name: 'Menu' }).click()
      await page.getByRole('link', { name: 'Déconnexion' }).click()
      await page.waitForURL('**/_portillon/signed-out')
      assert.match((await page.textContent('main')) ?? '', /Vous êtes déconnecté/)
      assert.deepEqual(await axeViolations(page), [])
      await picture(page, '6-signed-out')
      await page.goto(`${origin}/dcc/`)
      assert.match(page.url(), /\/_portillon\/sign-in/)
    })
  })

  it('R4: a second tab left at the sign-in page goes on by itself when the first has signed in', async () => {
    await withContext(async (page, context) => {
      const second = await context.newPage()
      await second.goto(`${origin}/dcc/ui/patients.jsp`)
      await signIn(page, '/dcc/')
      await second.bringToFront()
      await second.evaluate(`window.dispatchEvent(new Event('focus'))`)
      await second.waitForURL(`${origin}/dcc/ui/patients.jsp`)
    })
  })

  it('works with the keyboard alone', async () => {
    await withContext(async (page) => {
      const before = gate.mails().length
      await page.goto(`${origin}/dcc/`)
      // The cursor is in the first field some time after the page has loaded; a person sees it, and types then.
      await page.waitForSelector('input[name=login]:focus')
      await page.keyboard.type(PERSON.login)
      await page.keyboard.press('Tab')
      await page.keyboard.type(GATE_PASSWORD)
      await page.keyboard.press('Enter')
      await page.waitForSelector('input[name=code]:focus')
      await page.keyboard.type(await codeAfter(before, PERSON.email ?? ''))
      await page.keyboard.press('Enter')
      await page.waitForURL(`${origin}/dcc/**`)
    })
  })

  it('works without JavaScript, on a phone, in English', async () => {
    await withContext(
      async (page) => {
        const before = gate.mails().length
        await page.goto(`${origin}/dcc/ui/patient.jsp?id=1024`)
        assert.equal(await page.getAttribute('html', 'lang'), 'en')
        await giveCredentials(page, PERSON.login)
        await page.waitForSelector('input[name=code]')
        await picture(page, '7-code-phone-english')
        await page.fill('input[name=code]', await codeAfter(before, PERSON.email ?? ''))
        await page.click('form:has(input[name=code]) button')
        await page.waitForURL(`${origin}/dcc/ui/patient.jsp?id=1024`)
      },
      { javaScriptEnabled: false, locale: 'en-GB', viewport: { width: 360, height: 740 } },
    )
  })

  it('S-10: the browser keeps the session cookie as it is meant: host-bound, secure, out of reach of scripts', async () => {
    await withContext(async (page, context) => {
      await signIn(page, '/dcc/')
      const session = (await context.cookies()).find(({ name }) => name === '__Host-portillon')
      assert.ok(session !== undefined)
      assert.deepEqual(
        {
          path: session.path,
          httpOnly: session.httpOnly,
          secure: session.secure,
          sameSite: session.sameSite,
          expires: session.expires,
        },
        { path: '/', httpOnly: true, secure: true, sameSite: 'Lax', expires: -1 },
      )
      assert.doesNotMatch(await page.evaluate<string>('document.cookie'), /portillon/)
    })
  })
})
