import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { startCardGate, type CardGate } from '../kit/card-gate.ts'
import { openTokenReader, PIN, type TokenReader } from '../kit/card-token.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { axeViolations } from '../kit/chromium.ts'
import { startDisplay, type Display } from '../kit/display.ts'
import { PERSON } from '../kit/gate.ts'
import { CAMILLE, createTestIgcSante } from '../kit/igc-sante.ts'
import { freePorts } from '../kit/ports.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'

const HOSTS = '*.carte.example.test'
const igc = createTestIgcSante({ now: Date.now() })

let display: Display
let upstream: HttpUpstream
let gate: CardGate
let origin: string
let reader: TokenReader
let page: Page

before(async () => {
  const [pages = 0, cards = 0] = await freePorts(2)
  origin = `http://localhost:${pages}`
  const { cert, key } = makeCertificate('carte.example.test')
  display = await startDisplay()
  upstream = await startHttpUpstream()
  gate = await startCardGate({
    igc,
    upstream: upstream.url,
    ports: { pages, cards },
    people: [{ ...PERSON, nationalId: CAMILLE.nationalId }],
    site: { hosts: [`localhost:${pages}`], origin, cps: { address: `https://${HOSTS}:${cards}` } },
    listener: { tls: { cert: Buffer.from(cert), key: Buffer.from(key) }, front: null },
  })
  reader = await openTokenReader({ display, hosts: HOSTS, certify: (key) => igc.certify('CPS', CAMILLE, key) })
  page = await reader.context.newPage()
})
after(async () => {
  await reader.close()
  await gate.stop()
  await upstream.stop()
  await display.stop()
})

const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await isSo()) return
    await sleep(100)
  }
  assert.fail(`in vain: ${what}`)
}

/** Presses the button, after which the browser asks its holder. */
const goOn = async (button: string): Promise<void> => {
  await page.getByRole('button', { name: button }).dispatchEvent('click')
  await until('the browser asks for the PIN', async () => (await reader.pinWindow()) !== null)
}

const typePin = async (pin: string): Promise<void> => {
  await display.type(pin)
  await display.press('Return')
}

/** The browser asks again and again, for each place of the reader. */
const typeWrongPinThenNone = async (): Promise<void> => {
  const first = await reader.pinWindow()
  await typePin('0000')
  await until('the browser asks again', async () => ![first, null].includes(await reader.pinWindow()))
  await until('the browser goes on without a card', async () => {
    if (page.url().startsWith(`${origin}/_portillon/card/refused`)) return true
    if ((await reader.pinWindow()) !== null) await display.press('Escape')
    return false
  })
}

/** Types it, and takes the certificate that the browser then offers, the only one, by the button that has the cursor. */
const typeRightPin = async (): Promise<void> => {
  await typePin(PIN)
  await until('the PIN is taken', async () => (await reader.pinWindow()) === null)
  await until('the browser goes on with the card', async () => {
    if (page.url() === `${origin}/dcc/`) return true
    await display.press('Return')
    return false
  })
}

describe('a card behind a PKCS #11 module, in Chromium, which asks for PIN and certificate by windows of its own', () => {
  it('K-12: a wrong PIN, then none, give a readable page; the right one at the next try lets its holder in', async () => {
    assert.doesNotMatch(reader.ownCertificates(), / [a-z]*,[a-z]*,[a-z]*$/im, 'all that the browser has is on the card')
    await page.goto(`${origin}/dcc/`)
    await page.getByRole('link', { name: 'Se connecter avec ma carte à puce' }).click()
    await goOn('Continuer avec ma carte')
    await typeWrongPinThenNone()
    await page.getByRole('heading', { name: "Aucune carte n'a été présentée" }).waitFor()
    assert.deepEqual(await axeViolations(page), [])
    await goOn('Réessayer avec ma carte')
    await typeRightPin()
    const detail = (event: string): unknown =>
      gate.log.findLast(({ fields }) => fields['event'] === event)?.fields['detail']
    assert.equal(detail('sign-in.card-refused'), 'none')
    assert.match(String(detail('sign-in.evidence-accepted')), /^serial [0-9A-F]+, issuer /)
  })
})
