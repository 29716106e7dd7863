import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { findPatient } from '../../deploy/demo/data.ts'
import { PERSON } from '../kit/gate.ts'
import { PATIENT, useStandIn } from './stand-in-page.ts'

/**
 * After signing out, on a computer of the ward: what the next person finds in the browser. Chromium keeps pages of before
 * alive here, as everybody's does.
 */

const { withPage, signIn, endSessions, origin } = useStandIn({}, { keepsPages: true })

const NAME = findPatient('1024')?.familyName ?? assert.fail('no such patient')
const OWN_PAGE = '/_portillon/account'

const assertShowsNothing = async (page: Page): Promise<void> => {
  const content = await page.content()
  for (const text of [NAME, PERSON.familyName, PERSON.email ?? '', 'patient.jsp'])
    assert.ok(!content.includes(text), `« ${text} » is shown at ${page.url()}`)
}

const back = async (page: Page): Promise<void> => {
  await page.goBack({ waitUntil: 'load' })
}

/** The ways out, each from a page of the application. */
const LEAVING: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  'by the menu of the application': async (page) => {
    await page.goto(`${origin()}/dcc/ui/GwtDCR.jsp`)
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: 'Déconnexion' }).click()
  },
  'by the page of the gate': async (page) => {
    await page.goto(`${origin()}/_portillon/sign-out`)
    await page.locator('form[action="/_portillon/sign-out"] button').click()
  },
}

describe('S-22, R27: the browser after signing out', () => {
  for (const [how, leave] of Object.entries(LEAVING))
    it(`S-22, R27: ${how}: the back button shows nothing of the patient and nothing of the person`, async () => {
      await withPage(async (page) => {
        await signIn(page, PATIENT)
        assert.ok((await page.content()).includes(NAME), 'the patient is shown to whoever is signed in')
        await page.goto(`${origin()}${OWN_PAGE}`)
        assert.ok((await page.content()).includes(PERSON.familyName))
        await page.goto(`${origin()}/dcc/ui/patients.jsp`)
        await leave(page)
        await page.waitForURL('**/_portillon/signed-out')
        // The list, the person's own page, the patient, and what leads to the way out.
        for (let step = 0; step < 4; step += 1) {
          await back(page)
          await assertShowsNothing(page)
        }
      })
    })

  it('R27: while the session lives the back button works as ever', async () => {
    await withPage(async (page) => {
      await signIn(page, PATIENT)
      await page.goto(`${origin()}/dcc/ui/patients.jsp`)
      await back(page)
      assert.ok(page.url().endsWith(PATIENT))
      assert.ok((await page.content()).includes(NAME))
    })
  })

  it('S-22, R27: the same when the session was ended elsewhere, and the cookie is still there', async () => {
    await withPage(async (page) => {
      await signIn(page, PATIENT)
      await page.goto(`${origin()}/dcc/ui/patients.jsp`)
      await endSessions()
      await page.goto(`${origin()}/dcc/ui/calendrier.jsp`)
      assert.match(page.url(), /\/_portillon\/sign-in/)
      for (let step = 0; step < 2; step += 1) {
        await back(page)
        await assertShowsNothing(page)
        assert.match(page.url(), /\/_portillon\/sign-in/)
      }
    })
  })

  it('S-22: nothing of it is in the cache, pages, lists and pictures of people alike', async () => {
    await withPage(async (page) => {
      await signIn(page, PATIENT)
      const addresses = [PATIENT, '/dcc/api/patients?q=', '/dcc/ui/patients.jsp', OWN_PAGE]
      await page.evaluate(`Promise.all(${JSON.stringify(addresses)}.map((at) => fetch(at).then((r) => r.text())))`)
      await page.goto(`${origin()}/dcc/logout`)
      await page.waitForURL('**/_portillon/signed-out')
      // A picture that is open to anyone: no policy of a page is in force there.
      await page.goto(`${origin()}/dcc/static/logo.png`)
      for (const at of addresses) {
        const kept = await page.evaluate<string>(
          `fetch(${JSON.stringify(at)}, { cache: 'only-if-cached', mode: 'same-origin' }).then((r) => r.ok ? 'kept' : 'asked', () => 'nothing')`,
        )
        assert.notEqual(kept, 'kept', at)
      }
    })
  })

  it('S-22: a second tab that still shows a page gets nothing more: not by a link, nor by a script, nor by loading anew', async () => {
    await withPage(async (page, context) => {
      await signIn(page, PATIENT)
      const second = await context.newPage()
      await second.goto(`${origin()}/dcc/ui/patients.jsp`)
      await page.goto(`${origin()}/dcc/logout`)
      await page.waitForURL('**/_portillon/signed-out')
      assert.equal(await second.evaluate<number>(`fetch('/dcc/api/patients?q=').then((r) => r.status)`), 401)
      await second.locator(`a[href*="patient.jsp?id=1024"]`).first().click()
      await second.waitForURL('**/_portillon/sign-in?**')
      assert.ok(!(await second.content()).includes(NAME))
      await second.reload()
      assert.match(second.url(), /\/_portillon\/sign-in/)
      await back(second)
      await assertShowsNothing(second)
    })
  })
})
