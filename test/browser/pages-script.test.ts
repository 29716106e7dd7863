import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { DESKTOP, usePreview } from './preview-page.ts'

const { open, preview, withPage } = usePreview()

const WITHOUT_SCRIPT = { ...DESKTOP, javaScriptEnabled: false } as const

const focused = (page: Page) =>
  page.evaluate<string>(`document.activeElement.id || document.activeElement.textContent.trim()`)
const spoken = (page: Page) => page.textContent('#announcements')
const ready = (page: Page, field: string) => page.locator(`${field}:focus`).waitFor()

describe('the sign-in page', () => {
  it('is done by keyboard: the cursor waits in the first field, Enter sends the first way', async () => {
    await withPage(DESKTOP, async (page) => {
      await open(page, 'sign-in-two-ways')
      await ready(page, '#login')
      await page.keyboard.type('z.oeuvrard')
      await page.keyboard.press('Tab')
      await page.keyboard.type('Une-phrase-de-passe')
      await Promise.all([page.waitForURL('**/_portillon/sign-in'), page.keyboard.press('Enter')])
      assert.deepEqual(
        [...(preview().sent[0]?.fields ?? [])],
        [
          ['csrf', 'csrf'],
          ['to', 'sealed.target'],
          ['login', 'z.oeuvrard'],
          ['password', 'Une-phrase-de-passe'],
          ['way', 'mailed-code'],
        ],
      )
    })
  })

  it('is walked through by Tab in the order in which it is read', async () => {
    await withPage(DESKTOP, async (page) => {
      await open(page, 'sign-in-two-ways')
      await ready(page, '#login')
      const seen: string[] = []
      for (let step = 0; step < 7; step += 1) {
        await page.keyboard.press('Tab')
        seen.push((await focused(page)).replace(/\s+/g, ' '))
      }
      assert.deepEqual(seen, [
        ...['password', 'Afficher', 'Se connecter', 'Se connecter', 'Mot de passe oublié ?'],
        ...['Téléphone 01 99 00 12 34', 'E-mail referent.rcp@example.test'],
      ])
    })
  })

  it('begins with a link that skips to the content and leaves the address alone', async () => {
    await withPage(DESKTOP, async (page) => {
      await open(page, 'sign-in')
      await ready(page, '#login')
      await page.keyboard.press('Shift+Tab')
      assert.equal(await focused(page), 'Aller au contenu')
      await page.keyboard.press('Enter')
      assert.equal(await focused(page), 'content')
      assert.equal(new URL(page.url()).hash, '')
    })
  })

  it('works without a script, whose helpers then do not show', async () => {
    await withPage(WITHOUT_SCRIPT, async (page) => {
      await open(page, 'sign-in')
      assert.equal(await page.getByRole('button', { name: /Afficher/ }).count(), 0)
      await page.fill('[name=login]', 'z.oeuvrard')
      await page.fill('[name=password]', 'Une-phrase-de-passe')
      await Promise.all([page.waitForURL('**/_portillon/sign-in'), page.click('button[name=way]')])
      assert.equal(preview().sent[0]?.fields.get('way'), 'mailed-code')
    })
  })

  it('shows the password, says so, and hides it again before it is sent', async () => {
    await withPage(DESKTOP, async (page) => {
      await open(page, 'sign-in')
      await page.fill('#password', 'Une-phrase-de-passe')
      await page.getByRole('button', { name: 'Afficher le mot de passe' }).click()
      assert.equal(await page.getAttribute('#password', 'type'), 'text')
      assert.equal(await spoken(page), 'Votre mot de passe est affiché.')
      await page.evaluate(`document.forms[0].addEventListener('submit', (event) => event.preventDefault())`)
      await page.click('button[name=way]')
      assert.equal(await page.getAttribute('#password', 'type'), 'password')
    })
  })

  it('tells of caps lock while the password is typed', async () => {
    await withPage(DESKTOP, async (page) => {
      await open(page, 'sign-in')
      await page.dispatchEvent('#password', 'keydown', { key: 'A', modifierCapsLock: true })
      assert.equal(await page.textContent('#password-caps'), 'Verrouillage des majuscules activé')
      await page.dispatchEvent('#password', 'keyup', { key: 'CapsLock', modifierCapsLock: false })
      assert.equal(await page.textContent('#password-caps'), '')
    })
  })

  it('leads from the error on top to the field, and keeps the place behind # for the application', async () => {
    await withPage(DESKTOP, async (page) => {
      await page.goto(`${preview().url}/fr/sign-in-error#/patients/12`)
      assert.equal(await page.inputValue('#login'), 'z.oeuvrard')
      await page.locator('#login').focus()
      await page.getByRole('alert').getByRole('link').click()
      await ready(page, '#password')
      await page.fill('#password', 'x')
      await Promise.all([page.waitForURL('**/_portillon/sign-in#/patients/12'), page.keyboard.press('Enter')])
    })
  })

  it('is sent once, however often the button is pressed', async () => {
    await withPage(DESKTOP, async (page) => {
      await open(page, 'sign-in')
      const refused = await page.evaluate<boolean[]>(`(() => {
        const refused = []
        addEventListener('submit', (event) => { refused.push(event.defaultPrevented); event.preventDefault() })
        document.forms[0].requestSubmit()
        document.forms[0].requestSubmit()
        return refused
      })()`)
      assert.deepEqual(refused, [false, true])
    })
  })
})

describe('the code page', () => {
  it('takes a code pasted with blanks, as mails write it', async () => {
    await withPage(DESKTOP, async (page) => {
      await open(page, 'code')
      await ready(page, '#code')
      await page.keyboard.insertText(' 482\u00a0913 ')
      assert.equal(await page.inputValue('#code'), '482913')
      await Promise.all([page.waitForURL('**/_portillon/sign-in/code'), page.keyboard.press('Enter')])
      const fields = preview().sent[0]?.fields
      assert.deepEqual(
        ['code', 'attempt', 'to'].map((name) => fields?.get(name)),
        ['482913', 'attempt', 'sealed.target'],
      )
    })
  })

  it('counts the time down, speaks at two minutes, at thirty seconds and at the end, and wakes the button', async () => {
    await withPage(DESKTOP, async (page) => {
      await page.clock.install({ time: 0 })
      await open(page, 'code')
      await page.clock.pauseAt(5_000)
      const time = page.locator('[data-countdown]')
      const resend = page.getByRole('button', { name: /Recevoir un nouveau code/ })
      assert.match(await time.innerText(), /^Temps restant\u00a0: 9 min 5\d s$/)
      assert.equal(await resend.getAttribute('aria-disabled'), 'true')
      await resend.click({ force: true })
      assert.equal(preview().sent.length, 0)

      await page.clock.runFor(30_000)
      assert.equal(await resend.getAttribute('aria-disabled'), null)
      assert.equal((await resend.innerText()).trim(), 'Recevoir un nouveau code')
      await page.clock.fastForward(450_000)
      assert.equal(await spoken(page), 'Il reste 2 minutes pour saisir le code.')
      await page.clock.fastForward(92_000)
      assert.equal(await spoken(page), 'Il reste 30 secondes pour saisir le code.')
      await page.clock.fastForward(60_000)
      assert.equal(await time.textContent(), 'Le délai de ce code est passé. Demandez un nouveau code.')
      assert.equal(await spoken(page), 'Le délai de ce code est passé. Demandez un nouveau code.')
    })
  })

  it('says how long the code lives where there is no script to count, and resends at any time', async () => {
    await withPage(WITHOUT_SCRIPT, async (page) => {
      await open(page, 'code')
      assert.ok(await page.getByText("Valable 10 minutes après l'envoi, une seule fois").isVisible())
      await Promise.all([
        page.waitForURL('**/_portillon/sign-in/code/resend'),
        page.getByRole('button', { name: 'Recevoir un nouveau code' }).click(),
      ])
    })
  })

  it('opens its help by keyboard, and names spam, the sender, the address and the support', async () => {
    await withPage(DESKTOP, async (page) => {
      await open(page, 'code')
      await page.locator('summary').focus()
      await page.keyboard.press('Enter')
      for (const hasText of [/spam/, /WebDCR@example\.test/, /adresse affichée/, /assistance/]) {
        assert.ok(await page.locator('details li').filter({ hasText }).first().isVisible(), String(hasText))
      }
    })
  })
})

describe('R4: a tab left open', () => {
  const comeBack = (page: Page, times = 1) =>
    page.evaluate(`for (let time = 0; time < ${times}; time += 1) window.dispatchEvent(new Event('focus'))`)
  const answered = (page: Page) => page.waitForResponse('**/_portillon/session*')
  /** The answer has been read and followed, if it is going to be. */
  const settled = (page: Page) => page.evaluate('new Promise((done) => setTimeout(done, 50))')

  it('continues to its own page, with its place behind #, when another tab has signed in', async () => {
    await withPage(DESKTOP, async (page) => {
      await page.goto(`${preview().url}/fr/code#menu`)
      preview().session.body = { signedIn: true, continue: '/dcc/patients?id=3' }
      await Promise.all([page.waitForURL('**/dcc/patients?id=3#menu'), comeBack(page)])
      assert.equal(preview().session.asked[0]?.searchParams.get('to'), 'sealed.target')
    })
  })

  it('R-01: stays when the answer leads to another site', async () => {
    await withPage(DESKTOP, async (page) => {
      for (const elsewhere of [
        '//evil.example/x',
        'https://evil.example/',
        'javascript:alert(1)',
        '\\\\evil.example',
      ]) {
        await open(page, 'sign-in')
        preview().session.body = { signedIn: true, continue: elsewhere }
        await Promise.all([answered(page), comeBack(page)])
        await settled(page)
        assert.equal(page.url(), `${preview().url}/fr/sign-in`)
      }
    })
  })

  it('R10: stays after two continuations that led back here', async () => {
    await withPage(DESKTOP, async (page) => {
      preview().session.body = { signedIn: true, continue: '/fr/sign-in' }
      await open(page, 'sign-in')
      for (let round = 0; round < 2; round += 1) {
        await Promise.all([page.waitForEvent('load'), comeBack(page)])
      }
      let loads = 0
      page.on('framenavigated', () => (loads += 1))
      await Promise.all([answered(page), comeBack(page)])
      await settled(page)
      assert.equal(loads, 0)
    })
  })

  it('asks once, however often the window is shown within three seconds', async () => {
    await withPage(DESKTOP, async (page) => {
      await open(page, 'sign-in')
      await Promise.all([answered(page), comeBack(page, 20)])
      assert.equal(preview().session.asked.length, 1)
    })
  })

  it('gives up after three answers that were none', async () => {
    await withPage(DESKTOP, async (page) => {
      await page.clock.install({ time: 60_000 })
      await page.route('**/_portillon/session*', (route) => route.fulfill({ contentType: 'text/html', body: 'no' }))
      await open(page, 'sign-in')
      let asked = 0
      page.on('request', (request) => (asked += request.url().includes('/session') ? 1 : 0))
      for (let round = 0; round < 3; round += 1) {
        await Promise.all([answered(page).then((answer) => answer.finished()), comeBack(page)])
        // The script counts an answer when it has read it; the next of its own requests that ends proves that it did.
        await page.evaluate('fetch("/_portillon/session").then((answer) => answer.text())')
        await page.clock.runFor(5_000)
      }
      asked = 0
      for (let round = 0; round < 3; round += 1) {
        await comeBack(page)
        await page.clock.runFor(5_000)
      }
      await page.evaluate('fetch("/nothing").then(() => 0)')
      assert.equal(asked, 0)
    })
  })
})
