import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before } from 'node:test'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { startStandIn, type StandIn } from '../../deploy/demo/stand-in.ts'
import type { SiteFile } from '../../src/policy/schema.ts'
import { loadSite } from '../../src/policy/load.ts'
import { siteSchema } from '../../src/policy/schema.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { launchChromium, type ChromiumOptions } from '../kit/chromium.ts'
import { GATE_PASSWORD, PERSON, startGate, type Gate } from '../kit/gate.ts'
import { freePort } from '../kit/ports.ts'
import { createVisitor, signIn } from '../kit/visitor.ts'

export const SCREENSHOTS = join(import.meta.dirname, '../../docs/screenshots')
export const PATIENT = '/dcc/ui/patient.jsp?id=1024&onglet=rcp'
export const COLLEAGUE = { ...PERSON, login: 'a.modele', email: 'alix.modele@example.test', givenName: 'Alix' }

export interface StandInPage {
  readonly gate: () => Gate
  /** Public address of the application. */
  readonly origin: () => string
  readonly withPage: (
    use: (page: Page, context: BrowserContext) => Promise<void>,
    options?: BrowserContextOptions,
  ) => Promise<void>
  /** Opens a page of the application in the session of somebody who has signed in; that went without the browser, which is slow. */
  readonly signIn: (page: Page, path: string, login?: string) => Promise<void>
  /** Goes through the sign-in that the page shows. */
  readonly signInAgain: (page: Page, login?: string) => Promise<void>
  /** Ends every session there is, as an operator would; their cookies stay in the browsers. */
  readonly endSessions: () => Promise<void>
  /** Stops the application; the function that it gives starts it again. */
  readonly upstreamDown: () => Promise<() => Promise<void>>
}

/** The stand-in application behind the gate, over TLS, in Chromium, for the tests of one file. */
export const useStandIn = (
  session: NonNullable<SiteFile['session']> = {},
  chromium: ChromiumOptions = {},
): StandInPage => {
  let browser: Browser | undefined
  let standIn: StandIn | undefined
  let gate: Gate | undefined
  let origin = ''
  let certificate = ''
  const made = <Part>(part: Part | undefined): Part => part ?? assert.fail('asked for outside a test')
  let startAgain: () => Promise<void> = () => Promise.resolve()

  before(async () => {
    const port = await freePort()
    origin = `https://localhost:${port}`
    const loaded = loadSite(join(import.meta.dirname, '../../policies/demo.yaml'), { now: Date.now() })
    assert.ok(loaded.ok)
    const { cert, key } = makeCertificate('localhost')
    certificate = cert
    const start = (at: number) =>
      startStandIn({ port: at, jwks: () => made(gate).app.jwks(), issuer: () => origin, audience: 'webdcr' })
    standIn = await start(0)
    const { url } = standIn
    startAgain = async () => {
      standIn = await start(Number(new URL(url).port))
    }
    const code = loaded.value.site['email-code']
    const site = {
      ...loaded.value.site,
      session: { ...loaded.value.site.session, ...siteSchema.shape.session.parse(session) },
      // One person signs in more often here than anybody does in an hour.
      ...(code === undefined ? {} : { 'email-code': { ...code, 'per-hour': 60 } }),
      hosts: [`localhost:${port}`],
      origin,
      upstream: { ...loaded.value.site.upstream, url },
    }
    gate = await startGate({
      upstream: url,
      people: [PERSON, COLLEAGUE],
      settings: {
        sites: [{ ...loaded.value, site, origin, secure: true, realm: 'onco-test' }],
        tls: { cert: Buffer.from(cert), key: Buffer.from(key) },
      },
      config: { listen: { address: '127.0.0.1', port, 'trusted-proxies': [] } },
    })
    browser = await launchChromium(chromium)
  })
  after(async () => {
    await browser?.close()
    await gate?.stop()
    await standIn?.close()
  })

  const signInAgain: StandInPage['signInAgain'] = async (page, login = PERSON.login) => {
    const mails = made(gate).mails().length
    await page.fill('input[name=login]', login)
    await page.fill('input[name=password]', GATE_PASSWORD)
    await page.click('button[name=way]')
    await page.waitForSelector('input[name=code]')
    while (made(gate).mails().length === mails) await new Promise((resolve) => setTimeout(resolve, 25))
    const code = /(?<!\d)(\d{3})[\s\u00a0](\d{3})(?!\d)/.exec(made(gate).mails()[0]?.text ?? '')
    await page.fill('input[name=code]', `${code?.[1] ?? ''}${code?.[2] ?? ''}`)
    await Promise.all([page.waitForURL((url) => !url.pathname.includes('/sign-in/code')), page.keyboard.press('Enter')])
  }

  return {
    gate: () => made(gate),
    origin: () => origin,
    withPage: async (use, options = {}) => {
      const context = await made(browser).newContext({
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
    },
    signIn: async (page, path, login) => {
      const { host, port } = new URL(origin)
      const visitor = createVisitor({ host, origin, port: Number(port), ca: certificate })
      await signIn(made(gate), visitor, path, login)
      const cookies = [...visitor.cookies].map(([name, value]) => ({ name, value, url: origin, secure: true }))
      await page.context().addCookies(cookies)
      await page.goto(`${origin}${path}`)
    },
    signInAgain,
    endSessions: async () => {
      const { lifecycle } = made(gate).app
      await lifecycle.end('signed-out', ...(await lifecycle.find('')).map(({ digest }) => digest))
    },
    upstreamDown: async () => {
      await made(standIn).close()
      return startAgain
    },
  }
}
