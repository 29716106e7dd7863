import assert from 'node:assert/strict'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { CARD_REASONS } from '../../src/portal/card/journeys.ts'
import { startCardGate, type CardGate } from '../kit/card-gate.ts'
import { answerCertificateQuestion, openCardReader, type CardReader } from '../kit/card-reader.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { axeViolations } from '../kit/chromium.ts'
import { GATE_PASSWORD, PERSON } from '../kit/gate.ts'
import { ALIX, CAMILLE, createTestIgcSante } from '../kit/igc-sante.ts'
import { freePorts } from '../kit/ports.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { COLLEAGUE } from '../kit/use-gate.ts'
import { DESKTOP, usePreview } from './preview-page.ts'

const SCREENSHOTS = join(import.meta.dirname, '../../docs/screenshots')
const igc = createTestIgcSante({ now: Date.now() })
const camille = igc.card('CPS', CAMILLE)
/** An expired one would not do: Chromium does not offer it, so that the gate sees none. */
const revoked = igc.card('CPS', CAMILLE)
const alix = igc.card('CPE', ALIX)

let upstream: HttpUpstream
let gate: CardGate
let origin: string
let undo: () => void

before(async () => {
  undo = answerCertificateQuestion()
  const [pages = 0, cards = 0] = await freePorts(2)
  origin = `http://localhost:${pages}`
  const { cert, key } = makeCertificate('localhost')
  upstream = await startHttpUpstream()
  gate = await startCardGate({
    igc,
    upstream: upstream.url,
    ports: { pages, cards },
    people: [
      { ...PERSON, nationalId: CAMILLE.nationalId },
      { ...COLLEAGUE, nationalId: ALIX.nationalId },
    ],
    site: {
      hosts: [`localhost:${pages}`],
      origin,
      cps: { address: `https://*.carte.localhost:${cards}`, kinds: ['CPS', 'CPE'] },
    },
    listener: { tls: { cert: Buffer.from(cert), key: Buffer.from(key) }, front: null },
  })
  await gate.revoke({ serial: revoked.serial })
})
after(async () => {
  undo()
  await gate.stop()
  await upstream.stop()
})

const at = async (
  use: (page: Page, reader: CardReader) => Promise<void>,
  options: { readonly javaScriptEnabled?: boolean } = {},
): Promise<void> => {
  const reader = await openCardReader(options)
  try {
    await use(await reader.context.newPage(), reader)
  } finally {
    await reader.close()
  }
}

const openCardPage = async (page: Page, path = '/dcc/'): Promise<void> => {
  await page.goto(`${origin}${path}`)
  await page.getByRole('link', { name: 'Se connecter avec ma carte à puce' }).click()
  await page.getByRole('heading', { name: 'Insérez votre carte, puis continuez' }).waitFor()
}
const goOn = (page: Page): Promise<void> => page.getByRole('button', { name: 'Continuer avec ma carte' }).click()
const retry = (page: Page): Promise<void> => page.getByRole('button', { name: 'Réessayer avec ma carte' }).click()
const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { name }).waitFor()

describe('guide of OncoCentre (seed 004), « Ma carte à puce », in Chromium with real certificates', () => {
  it('lets the holder in with the card alone, to the page and the place that were asked for', async () => {
    await at(async (page, reader) => {
      await reader.insert(camille)
      await openCardPage(page, '/dcc/ui/page?x=1#onglet')
      assert.deepEqual(await axeViolations(page), [])
      await goOn(page)
      await page.waitForURL(`${origin}/dcc/ui/page?x=1#onglet`)
    })
  })

  it('works with the keyboard alone, and without JavaScript', async () => {
    await at(async (page, reader) => {
      await reader.insert(camille)
      await openCardPage(page)
      for (let presses = 0; presses < 20; presses += 1) {
        await page.keyboard.press('Tab')
        if (await page.evaluate<boolean>(`document.activeElement?.matches('button.button-primary')`)) break
      }
      await page.keyboard.press('Enter')
      await page.waitForURL(`${origin}/dcc/`)
    })
    await at(
      async (page, reader) => {
        await reader.insert(camille)
        await openCardPage(page)
        await goOn(page)
        await page.waitForURL(`${origin}/dcc/`)
      },
      { javaScriptEnabled: false },
    )
  })
})

describe('guide of ONCO HDF (seed 003 §4), « Connexion par carte CPS », in Chromium with real certificates', () => {
  const giveCredentials = async (page: Page): Promise<void> => {
    await page.goto(`${origin}/dcc/`)
    await page.fill('input[name=login]', PERSON.login)
    await page.fill('input[name=password]', GATE_PASSWORD)
    await page.click('button[name=way]')
    await page.getByRole('button', { name: /carte/i }).click()
    await heading(page, 'Insérez votre carte, puis continuez')
  }

  it('steps 1 to 5: the card in the reader, identifier and password, the card button, and into the DCC', async () => {
    await at(async (page, reader) => {
      await reader.insert(camille)
      await giveCredentials(page)
      await goOn(page)
      await page.waitForURL(`${origin}/dcc/`)
    })
  })

  it('“en cas d’échec”: another person’s card lets nobody in, one’s own still completes the sign-in', async () => {
    await at(async (page, reader) => {
      await reader.insert(alix)
      await giveCredentials(page)
      await goOn(page)
      await heading(page, "Ce n'est pas la personne dont le mot de passe a été saisi.")
      assert.deepEqual(await axeViolations(page), [])
      reader.remove()
      await reader.insert(camille)
      await page.getByRole('link', { name: 'Réessayer avec une autre carte' }).click()
      await goOn(page)
      await page.waitForURL(`${origin}/dcc/`)
    })
  })

  it('G6: no card, then a revoked one, then the right one: each try is a new one, the browser stays open', async () => {
    await at(async (page, reader) => {
      await openCardPage(page)
      await goOn(page)
      await heading(page, "Aucune carte n'a été présentée")
      await page.reload()
      await heading(page, "Aucune carte n'a été présentée")
      await reader.insert(revoked)
      await retry(page)
      await heading(page, 'Votre carte a été révoquée')
      assert.deepEqual(await axeViolations(page), [])
      reader.remove()
      await reader.insert(camille)
      await retry(page)
      await page.waitForURL(`${origin}/dcc/`)
    })
  })

  it('S-20: another card under a live session says whose session ends, and ends it', async () => {
    await at(async (page, reader) => {
      await reader.insert(camille)
      await openCardPage(page)
      await goOn(page)
      await page.waitForURL(`${origin}/dcc/`)
      reader.remove()
      await reader.insert(alix)
      await page.goto(`${origin}/_portillon/card`)
      await page.getByText('cette session prendra fin').waitFor()
      await goOn(page)
      await page.waitForURL(`${origin}/`)
      await page.goto(`${origin}/_portillon/card`)
      await page.getByText(`Vous êtes connecté en tant que ${COLLEAGUE.givenName}`).waitFor()
    })
  })
})

describe('screenshots of cards for the manual', () => {
  const { open, withPage } = usePreview()

  it('are written for the card page and each of its answers', async () => {
    mkdirSync(SCREENSHOTS, { recursive: true })
    const ids = ['card', 'card-signed-in', 'not-recognised-another', ...CARD_REASONS.map((reason) => `card-${reason}`)]
    for (const id of ids) {
      await withPage(DESKTOP, async (page) => {
        await open(page, id)
        const path = join(SCREENSHOTS, `${id}.png`)
        await page.screenshot({ path, fullPage: true, animations: 'disabled', caret: 'hide' })
        assert.ok(statSync(path).size < 300_000, id)
      })
    }
  })
})
