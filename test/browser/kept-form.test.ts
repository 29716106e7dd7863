import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { axeViolations } from '../kit/chromium.ts'
import { PATIENT, SCREENSHOTS, useStandIn } from './stand-in-page.ts'

const { withPage, signIn, signInAgain, endSessions, origin, upstreamDown } = useStandIn()

const NOTE = 'Douleur thoracique depuis 3 jours.\nAvis demandé : œdème ? « à revoir » – 100 % & +1'

/** Sent by somebody who was quicker than the word that the session is over, which would lie over the button. */
const send = (button: Locator): Promise<void> => button.dispatchEvent('click')
const saveNote = (page: Page): Promise<void> => send(page.getByRole('button', { name: 'Enregistrer la note' }))

describe('R7, G1: an open form of the application, and the session is killed', () => {
  it('is found again after signing in, and the note stands in the record, exact, once', async () => {
    mkdirSync(SCREENSHOTS, { recursive: true })
    await withPage(async (page) => {
      await signIn(page, PATIENT)
      await page.fill('#note', NOTE)
      await endSessions()
      await saveNote(page)
      await page.waitForURL('**/_portillon/sign-in?**')
      assert.match(await page.innerText('main'), /Votre saisie est gardée pendant 30 minutes/)
      assert.deepEqual(await axeViolations(page), [])
      await signInAgain(page)
      await page.waitForURL('**/_portillon/kept-form?**')
      assert.match(await page.innerText('main'), /patient\.jsp\?id=1024&onglet=rcp/)
      assert.doesNotMatch(await page.innerText('main'), /Douleur/)
      assert.deepEqual(await axeViolations(page), [])
      await page.screenshot({ path: join(SCREENSHOTS, 'journey-8-kept-form.png'), fullPage: true })
      await page.click('text=Envoyer à nouveau')
      await page.waitForURL(`**${PATIENT}#note-*`)
      assert.equal(await page.locator('.note').count(), 1)
      assert.equal(await page.locator('.note span').innerText(), NOTE)
      await page.goBack()
      assert.match(await page.innerText('main'), /Votre saisie a été envoyée/)
      await page.goto(`${origin()}${PATIENT}`)
      assert.equal(await page.locator('.note').count(), 1)
    })
  })

  it('with a file: the application has its bytes, and answers at its own address', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7) % 256))
    await withPage(async (page) => {
      await signIn(page, '/dcc/ui/documents.jsp')
      await page.setInputFiles('input[type=file]', {
        name: 'été.bin',
        mimeType: 'application/octet-stream',
        buffer: bytes,
      })
      await endSessions()
      await send(page.getByRole('button', { name: 'Déposer' }))
      await signInAgain(page)
      assert.match(await page.innerText('main'), /1 champ, dont 1 fichier/)
      await page.click('text=Envoyer à nouveau')
      await page.waitForSelector('#receipt')
      assert.equal(new URL(page.url()).pathname, '/dcc/upload', 'what the answer refers to is found from here')
      assert.equal(await page.innerText('#size'), String(bytes.length))
      await page.reload()
      await page.waitForURL('**/_portillon/kept-form?**')
      assert.match(await page.innerText('main'), /Votre saisie a été envoyée/)
    })
  })

  it('W-11: a file that is too large is told at once, in words, and the connection does not break', async () => {
    await withPage(async (page) => {
      await signIn(page, '/dcc/ui/documents.jsp')
      await page.setInputFiles('input[type=file]', {
        name: 'scanner.dcm',
        mimeType: 'application/dicom',
        buffer: Buffer.alloc(8_000_000, 'x'),
      })
      await endSessions()
      await send(page.getByRole('button', { name: 'Déposer' }))
      await page.waitForURL('**/_portillon/sign-in?**')
      assert.match(await page.innerText('main'), /votre envoi avec fichier dépasse 1\sMo/)
    })
  })

  it('is not sent when that is the wish, and the person is back at the page', async () => {
    await withPage(async (page) => {
      await signIn(page, '/dcc/ui/patient.jsp?id=1031&onglet=rcp')
      await page.fill('#note', 'À ne pas envoyer')
      await endSessions()
      await saveNote(page)
      await signInAgain(page)
      await page.click('text=Ne pas envoyer')
      await page.waitForURL('**/dcc/ui/patient.jsp?id=1031&onglet=rcp')
      assert.equal(await page.locator('.note').count(), 0)
    })
  })

  it('works without a script, and by the keyboard', async () => {
    await withPage(
      async (page) => {
        await signIn(page, '/dcc/ui/patient.jsp?id=1037&onglet=rcp')
        await page.fill('#note', 'Sans script')
        await endSessions()
        await saveNote(page)
        await signInAgain(page)
        await page.getByRole('button', { name: 'Envoyer à nouveau' }).focus()
        await page.keyboard.press('Enter')
        await page.waitForURL('**/dcc/ui/patient.jsp?id=1037&onglet=rcp#note-*')
        assert.match(await page.locator('.note').innerText(), /Sans script/)
      },
      { javaScriptEnabled: false },
    )
  })

  it('is offered again when the application was away at that moment', async () => {
    await withPage(async (page) => {
      await signIn(page, '/dcc/ui/patient.jsp?id=1042&onglet=rcp')
      await page.fill('#note', 'Application arrêtée')
      await endSessions()
      await saveNote(page)
      await signInAgain(page)
      const restart = await upstreamDown()
      await page.click('text=Envoyer à nouveau')
      await page.waitForSelector('text=ne répond pas')
      await restart()
      await page.goBack()
      await page.click('text=Envoyer à nouveau')
      await page.waitForURL('**/dcc/ui/patient.jsp?id=1042&onglet=rcp#note-*')
      assert.match(await page.locator('.note').innerText(), /Application arrêtée/)
    })
  })
})
