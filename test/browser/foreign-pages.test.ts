import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { makeCertificate } from '../kit/certificate.ts'
import { launchChromium } from '../kit/chromium.ts'
import { startGate, type Gate } from '../kit/gate.ts'
import { freePort, listen } from '../kit/ports.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, signIn } from '../kit/visitor.ts'

/**
 * A page of another site in the browser of somebody who is signed in: what Chromium lets it load, with what the gate says.
 * The neighbour is another host of the same domain, to which the browser sends the session; the stranger is another domain.
 */

const HOST = 'dcc.example.test'
const NEIGHBOUR = 'blog.example.test'
const STRANGER = 'stranger.test'
const SECRET = 'Dossier-de-la-patiente-1024'
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

let application: HttpUpstream
let gate: Gate
let elsewhere: Server
let elsewherePort: number
let browser: Browser
let context: BrowserContext
let page: Page

/** By the end of the path: type and content. */
const FILES: Readonly<Record<string, readonly [type: string, content: string | Buffer]>> = {
  png: ['image/png', PIXEL],
  js: ['text/javascript', `window.taken = ${JSON.stringify(SECRET)}`],
  css: ['text/css', `:root { --taken: '${SECRET}' }`],
  json: ['application/json', JSON.stringify({ name: SECRET })],
}

before(async () => {
  application = await startHttpUpstream(({ url }, response) => {
    const [type, content] = FILES[/\.(\w+)$/.exec(url)?.[1] ?? ''] ?? ['text/html', `<h1>${SECRET}</h1>`]
    response.setHeader('Content-Type', type)
    response.end(content)
  })
  const { cert, key } = makeCertificate(HOST, NEIGHBOUR, STRANGER)
  const port = await freePort()
  const host = `${HOST}:${port}`
  gate = await startGate({
    upstream: application.url,
    site: {
      hosts: [host],
      rules: [
        { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
        { id: 'shared', match: { path: '/shared/**' }, allow: 'signed-in', embed: 'same-site' },
      ],
    },
    settings: { tls: { cert: Buffer.from(cert), key: Buffer.from(key) } },
    config: { listen: { address: '127.0.0.1', port, 'trusted-proxies': [] } },
  })
  const visitor = createVisitor({ host, origin: gate.origin, port, ca: cert })
  await signIn(gate, visitor)
  elsewhere = createServer({ cert, key }, (_request, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end('<!doctype html><title>elsewhere</title><h1>elsewhere</h1>')
  })
  elsewherePort = await listen(elsewhere)
  browser = await launchChromium({ args: ['--host-resolver-rules=MAP *.test 127.0.0.1'] })
  context = await browser.newContext({ ignoreHTTPSErrors: true })
  await context.addCookies(
    [...visitor.cookies].map(([name, value]) => ({
      ...{ name, value, url: gate.origin },
      ...{ secure: true, httpOnly: true, sameSite: 'Lax' as const },
    })),
  )
  page = await context.newPage()
})
beforeEach(() => application.forget())
after(async () => {
  await browser.close()
  await gate.stop()
  await application.stop()
  elsewhere.closeAllConnections()
  elsewhere.close()
})

const goTo = (host: string) => page.goto(`https://${host}:${elsewherePort}/`)
const at = (path: string) => `${gate.origin}${path}`

/** Whether a page gets what it puts into itself: `loaded`, `failed`. */
const LOADS: Readonly<Record<string, (address: string) => string>> = {
  'a picture': (address) =>
    `new Promise((done) => { const it = new Image(); it.onload = () => done('loaded'); it.onerror = () => done('failed'); it.src = ${address} })`,
  'a script': (address) =>
    `new Promise((done) => { const it = document.createElement('script'); it.onload = () => done('loaded'); it.onerror = () => done('failed'); it.src = ${address}; document.head.append(it) })`,
  'a style sheet': (address) =>
    `new Promise((done) => { const it = document.createElement('link'); it.rel = 'stylesheet'; it.onload = () => done('loaded'); it.onerror = () => done('failed'); it.href = ${address}; document.head.append(it) })`,
  'fetch without CORS': (address) =>
    `fetch(${address}, { mode: 'no-cors', credentials: 'include' }).then(() => 'loaded', () => 'failed')`,
  'fetch with CORS': (address) => `fetch(${address}, { credentials: 'include' }).then(() => 'loaded', () => 'failed')`,
}
const KIND = {
  'a picture': 'png',
  'a script': 'js',
  'a style sheet': 'css',
  'fetch without CORS': 'json',
  'fetch with CORS': 'json',
} as const

const load = (what: keyof typeof KIND, path: string): Promise<string> =>
  page.evaluate<string>(LOADS[what]?.(JSON.stringify(at(`${path}.${KIND[what]}`))) ?? '')

const kinds = Object.keys(KIND) as (keyof typeof KIND)[]

/** What reached the application, and in whose name; but for the icon that browsers ask for by themselves. */
const reached = () =>
  application.requests
    .filter(({ url }) => url !== '/favicon.ico')
    .map(({ url, headers }) => [url, headers['x-remote-user']])

describe('W-13: pages of other sites, in Chromium', () => {
  it('W-13: a page of the application gets all of it', async () => {
    await page.goto(at('/dcc/patient'))
    for (const what of kinds) assert.equal(await load(what, '/dcc/own'), 'loaded', what)
    assert.equal(await page.evaluate('window.taken'), SECRET)
  })

  for (const [who, host] of [
    ['a neighbour of the same domain', NEIGHBOUR],
    ['a stranger', STRANGER],
  ] as const) {
    for (const what of kinds)
      it(`W-13: ${what} is not given to ${who}, and the application is not asked`, async () => {
        await goTo(host)
        assert.equal(await load(what, '/dcc/patient'), 'failed')
        assert.equal(await page.evaluate('window.taken'), undefined)
        assert.deepEqual(reached(), [])
      })

    it(`W-13: a frame of ${who} shows nothing of the application`, async () => {
      await goTo(host)
      for (const tag of ['iframe', 'embed', 'object']) {
        const attribute = tag === 'object' ? 'data' : 'src'
        await page.evaluate(
          `new Promise((done) => { const it = document.createElement('${tag}'); it.onload = it.onerror = done; it.${attribute} = ${JSON.stringify(at('/dcc/patient'))}; document.body.append(it); setTimeout(done, 2000) })`,
        )
        for (const frame of page.frames())
          assert.ok(!(await frame.content().catch(() => '')).includes(SECRET), `${tag} at ${frame.url()}`)
      }
      assert.deepEqual(reached(), [])
    })

    it(`W-13: a form of ${who} is not taken`, async () => {
      await goTo(host)
      await Promise.all([
        page.waitForURL(`${gate.origin}/**`),
        page.evaluate(
          `(() => { const it = document.createElement('form'); it.method = 'post'; it.action = ${JSON.stringify(at('/dcc/save'))}; document.body.append(it); it.submit() })()`,
        ),
      ])
      // A stranger's form comes without the session: the gate leads to the sign-in, and from there to the first page.
      assert.deepEqual(
        application.requests.filter(({ method, url }) => method === 'POST' || url.startsWith('/dcc/save')),
        [],
      )
    })

    it(`W-03: a WebSocket of ${who} is refused`, async () => {
      await goTo(host)
      const outcome = await page.evaluate<string>(
        `new Promise((done) => { const it = new WebSocket(${JSON.stringify(at('/dcc/ws').replace('https', 'wss'))}); it.onopen = () => done('open'); it.onerror = () => done('refused') })`,
      )
      assert.equal(outcome, 'refused')
      assert.deepEqual(reached(), [])
    })

    it(`W-13: a link of ${who} is followed, by the person who is signed in`, async () => {
      await goTo(host)
      await page.evaluate(
        `(() => { const it = document.createElement('a'); it.href = ${JSON.stringify(at('/dcc/patient'))}; it.textContent = 'link'; document.body.append(it) })()`,
      )
      await page.click('a')
      await page.waitForURL(at('/dcc/patient'))
      assert.ok((await page.content()).includes(SECRET))
      assert.deepEqual(reached().at(-1), ['/dcc/patient', 'c.exemple'])
    })

    it(`W-13: what is open to anyone ${who} may show`, async () => {
      await goTo(host)
      for (const what of ['a picture', 'a script', 'a style sheet', 'fetch without CORS'] as const)
        assert.equal(await load(what, '/public/logo'), 'loaded', what)
      assert.equal(await load('fetch with CORS', '/public/logo'), 'failed', 'to read it is another matter')
    })
  }

  it('W-13: what a rule gives to neighbours a neighbour gets, and a stranger does not', async () => {
    await goTo(NEIGHBOUR)
    assert.equal(await load('a picture', '/shared/logo'), 'loaded')
    assert.deepEqual(reached(), [['/shared/logo.png', 'c.exemple']])
    application.forget()
    await goTo(STRANGER)
    assert.equal(await load('a picture', '/shared/logo'), 'failed')
    assert.deepEqual(reached(), [])
  })
})
