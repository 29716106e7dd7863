import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { axeViolations } from '../kit/chromium.ts'
import { COLLEAGUE, PATIENT, SCREENSHOTS, useStandIn } from './stand-in-page.ts'

// Six seconds without activity: the script warns when three of them are left.
const { withPage, signIn, signInAgain, endSessions, origin } = useStandIn({ idle: '6s' })

const NOTE = 'Une note que personne ne doit perdre'

const soon = (page: Page) => page.getByRole('dialog', { name: 'Votre session se termine bientôt' })
const over = (page: Page) => page.getByRole('dialog', { name: 'Votre session est terminée' })

/** Opens a record, begins a note, and marks the document so that a reload would be seen. */
const begin = async (page: Page): Promise<void> => {
  await signIn(page, PATIENT)
  await page.fill('#note', NOTE)
  await page.evaluate('window.untouched = true')
}
const isUntouched = async (page: Page): Promise<boolean> =>
  (await page.inputValue('#note')) === NOTE && (await page.evaluate<boolean>('window.untouched === true'))

const look = (page: Page) => page.evaluate(`document.dispatchEvent(new Event('portillon:check'))`)
/** Where the cursor is, seen from the page: what stands in the script's own tree is its host. */
const focused = (page: Page) => page.evaluate<string>('document.activeElement.id || document.activeElement.localName')

/** Presses « Me reconnecter » and signs in in the window that opens. */
const signInBeside = async (page: Page, login?: string): Promise<Page> => {
  const [beside] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: 'Me reconnecter' }).click(),
  ])
  await beside.waitForSelector('input[name=login]')
  assert.match(await beside.innerText('main'), /Votre page reste ouverte à côté/)
  await signInAgain(beside, login).catch((thrown: unknown) => {
    // A window that a page has opened closes by itself as soon as it is done.
    if (!beside.isClosed()) throw thrown
  })
  return beside
}

describe('G9: the session of an open page is about to end', () => {
  it('a dialog says so, in time, by name, with the time left, and the cursor in it', async () => {
    await withPage(async (page) => {
      await begin(page)
      await page.focus('#note')
      await soon(page).waitFor()
      assert.match(await soon(page).innerText(), /Sans action de votre part, elle se termine dans \d s/)
      assert.deepEqual(await axeViolations(page, 'portillon-session'), [])
      await page.screenshot({ path: join(SCREENSHOTS, 'session-ends-soon.png') })
      assert.equal(await focused(page), 'portillon-session')
      for (let step = 0; step < 4; step += 1) {
        await page.keyboard.press('Tab')
        assert.notEqual(await focused(page), 'note', 'the page behind is out of reach')
      }
    })
  })

  it('« Rester connecté » is one key away, the page goes on where it was, and the session lives on', async () => {
    await withPage(async (page) => {
      await begin(page)
      await page.focus('#note')
      await soon(page).waitFor()
      await page.keyboard.press('Enter')
      await soon(page).waitFor({ state: 'hidden' })
      assert.equal(await focused(page), 'note')
      assert.match(
        await page.locator('portillon-session').getByRole('status').first().innerText(),
        /Vous êtes connecté/,
      )
      await soon(page).waitFor()
      await page.getByRole('button', { name: 'Rester connecté' }).click()
      await page.click('text=Enregistrer la note')
      await page.waitForURL('**#note-*')
    })
  })

  it('Escape puts it away; the end is told all the same', async () => {
    await withPage(async (page) => {
      await begin(page)
      await page.focus('#note')
      await soon(page).waitFor()
      await page.keyboard.press('Escape')
      await soon(page).waitFor({ state: 'hidden' })
      assert.equal(await focused(page), 'note')
      await over(page).waitFor()
      assert.ok(await isUntouched(page))
    })
  })

  it('another tab that stays connected puts the warning of this one away', async () => {
    await withPage(async (page, context) => {
      await begin(page)
      const tab = await context.newPage()
      await tab.goto(`${origin()}/dcc/ui/patients.jsp`)
      await soon(tab).waitFor()
      await soon(page).waitFor()
      await tab.getByRole('button', { name: 'Rester connecté' }).click()
      await soon(page).waitFor({ state: 'hidden' })
    })
  })
})

describe('G9: the session of an open page has ended', () => {
  it('the person signs in again in a window beside it, and the page goes on untouched', async () => {
    await withPage(async (page) => {
      await begin(page)
      await endSessions()
      await look(page)
      await over(page).waitFor()
      assert.deepEqual(await axeViolations(page, 'portillon-session'), [])
      await page.screenshot({ path: join(SCREENSHOTS, 'session-over.png') })
      const beside = await signInBeside(page)
      await over(page).waitFor({ state: 'hidden' })
      if (!beside.isClosed()) await beside.waitForEvent('close')
      assert.ok(await isUntouched(page))
      await page.click('text=Enregistrer la note')
      await page.waitForURL('**#note-*')
      assert.match(await page.locator('.note').first().innerText(), new RegExp(NOTE))
    })
  })

  it('it can be read on: put away, the dialog waits in a corner and leaves the cursor where it is', async () => {
    await withPage(async (page) => {
      await begin(page)
      await page.focus('#note')
      await endSessions()
      await look(page)
      await over(page).waitFor()
      await page.keyboard.press('Escape')
      await over(page).waitFor()
      assert.equal(await focused(page), 'note')
      await page.keyboard.type(' !')
      assert.equal(await page.inputValue('#note'), `${NOTE} !`)
      await page.getByRole('button', { name: 'Fermer' }).click()
      await over(page).waitFor({ state: 'hidden' })
    })
  })

  it('R28: nobody goes on with the page of somebody else', async () => {
    await withPage(async (page) => {
      await begin(page)
      await endSessions()
      await look(page)
      await signInBeside(page, COLLEAGUE.login)
      const other = page.getByRole('dialog', { name: 'Une autre personne est connectée' })
      await other.waitFor()
      assert.ok(await isUntouched(page), 'nothing is reloaded by itself')
      await other.getByRole('button', { name: 'Recharger la page' }).click()
      await page.waitForFunction('window.untouched === undefined')
    })
  })
})

describe('R10: the script never goes round in circles', () => {
  const during = async (answer: (route: Route) => Promise<void>) => {
    let asked = 0
    await withPage(async (page) => {
      await signIn(page, PATIENT)
      await page.route('**/_portillon/session?*', async (route) => {
        asked += 1
        await answer(route)
      })
      await page.clock.install()
      await page.reload()
      await page.evaluate('window.untouched = true')
      for (let minute = 0; minute < 30; minute += 1) {
        await page.clock.runFor(60_000)
        await page.evaluate('new Promise((done) => fetch("/dcc/static/dcc.css").then(done))')
      }
      await page.evaluate(`for (let time = 0; time < 50; time += 1) window.dispatchEvent(new Event('focus'))`)
      await page.clock.runFor(60_000)
      assert.ok(await page.evaluate('window.untouched === true'), 'it has not reloaded')
      assert.equal(page.url(), `${origin()}${PATIENT}`)
    })
    return asked
  }

  it('a service that does not answer is asked five times, then no more', async () => {
    assert.equal(await during((route) => route.abort()), 5)
  })

  it('nor one that answers with errors, or with pages', async () => {
    assert.equal(await during((route) => route.fulfill({ status: 503, body: '{}' })), 5)
    assert.equal(await during((route) => route.fulfill({ status: 200, body: '<html>' })), 5)
  })

  it('nor one whose session is always about to end', async () => {
    const session = { left: 0, absolute: 0, person: 'somebody' }
    assert.equal(await during((route) => route.fulfill({ json: { session, texts: {} } })), 5)
  })
})

describe('the script in pages of any kind', () => {
  const answerWith = (page: Page, change: (known: Record<string, unknown>) => object) =>
    page.route('**/_portillon/session?*', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, json: change((await answer.json()) as Record<string, unknown>) })
    })

  it('needs nothing of a strict policy but scripts and connections of its own site, and is dressed all the same', async () => {
    await withPage(async (page) => {
      const complaints: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text())
      })
      await signIn(page, '/dcc/')
      // Redirects do not pass here: the page is asked for once somebody is signed in.
      await page.route('**/dcc/ui/patient.jsp*', async (route) => {
        const answer = await route.fetch()
        const policy =
          "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'none'; img-src 'self' data:"
        await route.fulfill({ response: answer, headers: { ...answer.headers(), 'content-security-policy': policy } })
      })
      await page.goto(`${origin()}${PATIENT}`)
      await soon(page).waitFor()
      const style = await page.evaluate<string>(
        `getComputedStyle(document.querySelector('portillon-session').shadowRoot.querySelector('dialog')).borderRadius`,
      )
      assert.equal(style, '8px')
      assert.deepEqual(
        complaints.filter((text) => !text.includes('dcc.css')),
        [],
      )
    })
  })

  it('says that nothing can be done when the longest time is over, and offers nothing that does not help', async () => {
    await withPage(async (page) => {
      // The first time a page asks, it has no texts yet; from then on the time is short.
      await answerWith(page, (known) => {
        const left = known['texts'] === undefined ? 40 : 90
        return { ...known, session: { left, absolute: left, person: 'x' }, same: true }
      })
      await signIn(page, PATIENT)
      await page.evaluate(`setInterval(() => document.dispatchEvent(new Event('portillon:check')), 200)`)
      await soon(page).waitFor()
      assert.match(await soon(page).innerText(), /quoi que vous fassiez/)
      assert.equal(await page.getByRole('button', { name: 'Rester connecté' }).isVisible(), false)
    })
  })

  it('speaks English on an English page, and shows nothing to somebody who is not signed in', async () => {
    await withPage(
      async (page) => {
        await signIn(page, '/dcc/')
        await page.route('**/dcc/ui/patient.jsp*', async (route) => {
          const answer = await route.fetch()
          await route.fulfill({ response: answer, body: (await answer.text()).replace('lang="fr"', 'lang="en"') })
        })
        await page.goto(`${origin()}${PATIENT}`)
        await page.getByRole('dialog', { name: 'Your session ends soon' }).waitFor()
        await page.getByRole('button', { name: 'Stay signed in' }).click()
        await page.context().clearCookies()
        const stranger = await page.context().newPage()
        const body = `<script src="${origin()}/_portillon/assets/session.js"></script><p>public</p>`
        await stranger.route('**/public.html', (route) => route.fulfill({ contentType: 'text/html', body }))
        const asked = stranger.waitForResponse('**/_portillon/session?*')
        await stranger.goto(`${origin()}/public.html`)
        await asked
        await look(stranger)
        assert.equal(await stranger.getByRole('dialog').count(), 0)
      },
      { locale: 'en-GB' },
    )
  })

  it('is small, and of one file', async () => {
    await withPage(async (page) => {
      const answer = await page.goto(`${origin()}/_portillon/assets/session.js`)
      assert.ok(((await answer?.body())?.length ?? Infinity) < 6_000)
      assert.doesNotMatch((await answer?.text()) ?? '', /\bimport\b|https?:/)
    })
  })
})

describe('G3: a page that listens is told when its session is over', () => {
  const LIVE = '/dcc/ui/direct.jsp'

  it('by a last event and by a code; its dialog shows at once, and nothing connects again', async () => {
    await withPage(async (page) => {
      const asked: string[] = []
      page.on('request', (request) => asked.push(new URL(request.url()).pathname))
      await signIn(page, LIVE)
      await page.getByText('dossier mis à jour').first().waitFor()
      await page.getByText('connecté', { exact: false }).first().waitFor()
      await endSessions()
      await page.getByText('session terminée').waitFor()
      await page.getByText('déconnecté').waitFor()
      await over(page).waitFor()
      assert.equal(asked.filter((path) => path === '/dcc/events').length, 1)
    })
  })

  it('a source that knows nothing of the gate asks once more, gets 401, and is closed for good by the browser', async () => {
    await withPage(async (page) => {
      await signIn(page, '/dcc/ui/patients.jsp')
      const statuses: number[] = []
      page.on('response', (response) => {
        if (response.url().endsWith('/dcc/events')) statuses.push(response.status())
      })
      await page.evaluate(`window.source = new EventSource('/dcc/events')`)
      await page.waitForFunction('source.readyState === 1')
      await endSessions()
      await page.waitForFunction('source.readyState === 2')
      // Longer than a browser waits before it asks again.
      await page.waitForTimeout(4_000)
      assert.deepEqual(statuses, [200, 401])
    })
  })
})
