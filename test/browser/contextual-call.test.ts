import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { axeViolations, launchChromium } from '../kit/chromium.ts'
import { startDemo, type Demo } from '../kit/demo.ts'

/** The demonstration with its record system: two origins, a real browser, real clicks. */
let demo: Demo
let browser: Browser
let context: BrowserContext
let page: Page
let dpi = ''

before(async () => {
  demo = await startDemo('oncopl')
  dpi = demo.dpi ?? assert.fail('no record system')
  browser = await launchChromium()
  // What was made before the gate began to remember is not taken.
  await new Promise((resolve) => setTimeout(resolve, 2_100))
})
after(async () => {
  await browser.close()
  await demo.stop()
})
beforeEach(async () => {
  context = await browser.newContext({ locale: 'fr-FR', viewport: { width: 1280, height: 900 } })
  context.setDefaultTimeout(10_000)
  page = await context.newPage()
})
afterEach(() => context.close())

const main = async (): Promise<string> => (await page.textContent('main')) ?? ''
const heading = async (): Promise<string> => (await page.textContent('h1')) ?? ''
const click = async (user: string, patient: number, label = 'Ouvrir le DCC ici'): Promise<void> => {
  await page.goto(`${dpi}/patient?user=${user}&id=${patient}`)
  await page.click(`button:text-is("${label}")`)
}
/** In the DCC, on that patient, as that person. */
const isOpen = async (patient: number, person: string): Promise<void> => {
  await page.waitForURL((url) => url.pathname === '/dcc/ui/patient.jsp')
  assert.equal(new URL(page.url()).searchParams.get('id'), String(patient))
  assert.equal(await page.textContent('#person'), person)
}

describe('one click in the record system', () => {
  it('opens the DCC on the right patient, as the right person, and leaves no token behind', async () => {
    const sent: string[] = []
    page.on('request', (request) => sent.push(`${request.url()} ${request.headers()['referer'] ?? ''}`))
    await click('exemple', 1024)
    await isOpen(1024, 'Dr Camille Exemple')
    assert.match((await page.textContent('body')) ?? '', /EXEMPLE/)
    // neither an address nor a Referer holds it; going back leads to the record system, not to a page with it.
    assert.deepEqual(
      sent.filter((line) => /eyJ|token=/.test(line)),
      [],
    )
    await page.goBack()
    assert.equal(page.url().includes('eyJ'), false)
  })

  it('opens it in a window of its own as well', async () => {
    await page.goto(`${dpi}/patient?user=oeuvrard&id=1031`)
    const [opened] = await Promise.all([context.waitForEvent('page'), page.click('button:text-is("Ouvrir le DCC")')])
    page = opened
    await isOpen(1031, 'Dr Zoé Œuvrard')
  })

  it('works without scripts, by a button', async () => {
    const bare = await browser.newContext({ javaScriptEnabled: false, locale: 'fr-FR' })
    try {
      page = await bare.newPage()
      await click('exemple', 1024)
      await page.click('button')
      await isOpen(1024, 'Dr Camille Exemple')
    } finally {
      await bare.close()
    }
  })

  it('X-09: of somebody whom the DCC does not know opens nothing, says so, and gives a reference', async () => {
    await click('inconnu', 1024)
    await page.waitForSelector('#reference')
    assert.match(await heading(), /pas pu être ouvert/)
    assert.deepEqual(await axeViolations(page), [])
    await page.goto(`${demo.url}/dcc/`)
    assert.match(page.url(), /sign-in/)
  })

  it('X-13: a second patient takes the place of the first after a word, and the old tab gets no patient of before', async () => {
    await click('exemple', 1024)
    await isOpen(1024, 'Dr Camille Exemple')
    const old = page
    page = await context.newPage()
    await click('exemple', 1031)
    await page.waitForSelector('form[action$="/contextual-call/open"]')
    assert.match(await heading(), /Un autre patient est ouvert/)
    assert.match(await main(), /FICTIF Jean/)
    assert.deepEqual(await axeViolations(page), [])
    const before = (await context.cookies(`${demo.url}/dcc/`)).find(({ name }) => name === 'JSESSIONID')?.value
    await page.click('button[value=go]')
    await isOpen(1031, 'Dr Camille Exemple')
    const now = (await context.cookies(`${demo.url}/dcc/`)).find(({ name }) => name === 'JSESSIONID')?.value
    assert.notEqual(now, before)
    await old.close()
  })
})

describe('the DCC in a frame of the record system', () => {
  it('R26: opens on the right patient, with cookies of that frame alone', async () => {
    await click('exemple', 1024, 'Ouvrir le DCC dans un cadre')
    const frame = page.frameLocator('iframe[name=dcc]')
    assert.equal(await frame.locator('#person').textContent(), 'Dr Camille Exemple')
    const kept = await context.cookies(`${demo.url}/dcc/`)
    assert.deepEqual([...new Set(kept.map(({ sameSite, secure }) => `${sameSite} ${secure}`))], ['None true'])
    // A window of its own knows nothing of it.
    const alone = await context.newPage()
    await alone.goto(`${demo.url}/dcc/`)
    assert.match(alone.url(), /sign-in/)
  })

  it('R26: a page of any other site gets no frame', async () => {
    await page.goto(dpi.replace('127.0.0.1', 'localhost'))
    await page.setContent(`<iframe name="dcc" src="${demo.url}/dcc/"></iframe>`)
    await page.waitForTimeout(500)
    assert.doesNotMatch((await page.frames()[1]?.content()) ?? '', /id="person"/)
  })
})

describe('patient B as doctor A', () => {
  it('R28, S-20: a call for somebody else shows both names, and « Rester » opens nothing of it', async () => {
    await click('exemple', 1024)
    await isOpen(1024, 'Dr Camille Exemple')
    await click('oeuvrard', 1055)
    await page.waitForSelector('form[action$="/contextual-call/open"]')
    assert.match(await heading(), /Une autre personne est connectée/)
    assert.match(await main(), /Zoé Œuvrard/)
    assert.match(await main(), /Camille Exemple/)
    assert.doesNotMatch(await main(), /SPÉCIMEN/)
    assert.deepEqual(await axeViolations(page), [])
    await page.click('button[value=stay]')
    await page.waitForURL((url) => url.pathname.startsWith('/dcc/'))
    assert.equal(await page.textContent('#person'), 'Dr Camille Exemple')
    assert.doesNotMatch(page.url(), /1055/)
  })

  it('R28: changing over closes the session of the former person whole, their session in the DCC included', async () => {
    await click('exemple', 1024)
    await isOpen(1024, 'Dr Camille Exemple')
    const former = await context.cookies(`${demo.url}/dcc/`)
    await click('oeuvrard', 1055)
    await page.click('button[value=go]')
    await isOpen(1055, 'Dr Zoé Œuvrard')
    const now = await context.cookies(`${demo.url}/dcc/`)
    const valueOf = (all: typeof now, name: string) => all.find((one) => one.name === name)?.value
    assert.notEqual(valueOf(now, 'JSESSIONID'), valueOf(former, 'JSESSIONID'))
    const stale = await browser.newContext()
    try {
      await stale.addCookies(former)
      const tab = await stale.newPage()
      await tab.goto(`${demo.url}/dcc/`)
      assert.match(tab.url(), /sign-in/)
    } finally {
      await stale.close()
    }
  })

  it('a call whose user or patient is changed on the way opens nothing', async () => {
    for (const [from, to] of [
      ['899900000011', '899900000003'],
      ['"local_id":"1055"', '"local_id":"1024"'],
    ] as const) {
      await page.route(`${dpi}/dpi.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: '' }))
      await click('oeuvrard', 1055)
      await page.waitForSelector('#call')
      await page.evaluate(
        `(([from, to]) => {
          const field = document.querySelector('#call [name=token]')
          const [head, body, signature] = field.value.split('.')
          const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
          const claims = new TextDecoder().decode(bytes(body)).replace(from, to)
          const written = btoa(String.fromCharCode(...new TextEncoder().encode(claims)))
          field.value = [head, written.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''), signature].join('.')
        })(${JSON.stringify([from, to])})`,
      )
      await page.click('#call button')
      await page.waitForSelector('#reference')
      assert.match(await main(), /signature-wrong/)
    }
    await page.goto(`${demo.url}/dcc/ui/patient.jsp?id=1055`)
    assert.match(page.url(), /sign-in/)
  })

  it('X-01: the call of doctor B, sent once more from the browser of doctor A, opens nothing', async () => {
    let body = ''
    page.on('request', (request) => {
      if (request.url().endsWith('/contextual-call')) body = request.postData() ?? ''
    })
    await click('oeuvrard', 1055)
    await isOpen(1055, 'Dr Zoé Œuvrard')
    const other = await browser.newContext({ locale: 'fr-FR' })
    try {
      page = await other.newPage()
      await click('exemple', 1024)
      await isOpen(1024, 'Dr Camille Exemple')
      await page.goto(`${dpi}/`)
      await page.setContent(
        `<form method="post" action="${demo.url}/_portillon/contextual-call"><input name="token" value="${new URLSearchParams(body).get('token') ?? ''}"><button>x</button></form>`,
      )
      await page.click('button')
      await page.waitForSelector('#reference')
      assert.match(await main(), /used/)
      await page.goto(`${demo.url}/dcc/`)
      assert.equal(await page.textContent('#person'), 'Dr Camille Exemple')
    } finally {
      await other.close()
    }
  })

  it('X-07: a picture, a hidden frame and a script of a foreign page open nothing', async () => {
    await page.route(`${dpi}/dpi.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: '' }))
    await click('oeuvrard', 1055)
    await page.waitForSelector('#call')
    const token = await page.inputValue('#call [name=token]')
    const action = await page.evaluate<string>(`document.getElementById('call').action`)
    // Somebody else's page, which has come by the token.
    await page.goto(dpi.replace('127.0.0.1', 'localhost'))
    await page.setContent(
      `<form id="call" method="post" action="${action}"><input name="token"><button>Ouvrir</button></form>`,
    )
    await page.fill('[name=token]', token)
    await page.evaluate(`(async () => {
      const form = document.getElementById('call')
      const token = form.elements.token.value
      const frame = Object.assign(document.createElement('iframe'), { name: 'hidden' })
      document.body.append(frame, Object.assign(new Image(), { src: form.action + '?token=' + token }))
      await fetch(form.action, { method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams({ token }) }).catch(() => {})
      form.target = 'hidden'
      form.submit()
      await new Promise((done) => setTimeout(done, 500))
    })()`)
    assert.deepEqual(
      (await context.cookies(`${demo.url}/dcc/`)).filter(({ name }) => name === 'portillon'),
      [],
    )
    await page.evaluate(`document.getElementById('call').target = ''`)
    // Nothing was used up: the click of the person works.
    await page.click('#call button')
    await isOpen(1055, 'Dr Zoé Œuvrard')
  })
})
