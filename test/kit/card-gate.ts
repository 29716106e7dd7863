import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import type { SecureVersion } from 'node:tls'
import type { Authority } from '../../deploy/demo/igc-sante/authority.ts'
import { toPem } from '../../deploy/demo/igc-sante/certificate.ts'
import type { TestCard } from '../../deploy/demo/igc-sante/card.ts'
import type { Revoked } from '../../deploy/demo/igc-sante/revocation-list.ts'
import type { CardListenerFiles } from '../../src/config/instance.ts'
import { answerTo } from './answer.ts'
import { cardSettings } from './cards.ts'
import { startGate, type Gate, type GateOptions } from './gate.ts'
import type { TestIgcSante } from './igc-sante.ts'
import { createTempFolder } from './temp-folder.ts'
import { makeCertificate } from './certificate.ts'
import { hiddenFields, PREFIX, type Answer, type Visitor } from './visitor.ts'

export const CARD_HOST = 'carte.dcc.example.test'
export const CARD_PAGE = `${PREFIX}/card`
export const CARD_RETURN = `${PREFIX}/card/return`

/** A site on which a card is shown alone, or after the password. */
export const CARD_WAYS = [
  { id: 'card', methods: ['cps' as const], level: 3 },
  { id: 'password-card', methods: ['password' as const, 'cps' as const], level: 3 },
  { id: 'mailed-code', methods: ['password' as const, 'email-code' as const], homologation: 'test' },
]

/** One for all tests of a file: making it costs more than a test. */
export const CARD_TLS = makeCertificate(CARD_HOST)

/** What a browser has of a card: the certificate, and a key that it may use. */
export interface CardInBrowser {
  readonly cert: string
  readonly key: string
}

export const inBrowser = ({ certificate, keys }: TestCard, ...others: readonly Uint8Array[]): CardInBrowser => ({
  cert: [certificate, ...others].map(toPem).join(''),
  key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
})

export interface ShowOptions {
  readonly port: number
  /** Authority of the listener's own certificate. */
  readonly ca?: string
  readonly card?: CardInBrowser | null
  readonly version?: SecureVersion
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
}

/** A handshake of its own with the card listener, and one request. */
export const askCardListener = (
  path: string,
  { port, ca = CARD_TLS.cert, card = null, version, method = 'GET', headers = {} }: ShowOptions,
): Promise<Answer> =>
  answerTo(
    request({
      ...{ host: '127.0.0.1', port, path, method, ca, servername: CARD_HOST, agent: false },
      headers: { host: CARD_HOST, accept: 'text/html', ...headers },
      ...(card ?? {}),
      ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
    }),
  )

/** From the card page, by its button, to the address of the card listener. */
export const leaveForListener = async (visitor: Visitor, page: Pick<Answer, 'body'>): Promise<URL> => {
  const sent = await visitor.ask(CARD_PAGE, { form: hiddenFields(page.body, CARD_PAGE) })
  assert.equal(sent.status, 303, sent.body)
  const address = new URL(sent.location ?? '')
  assert.equal(address.hostname, CARD_HOST)
  return address
}

/** « Continuer » on a card page, the card in the reader, and the address of the site to which the listener sends back. */
export const showCard = async (visitor: Visitor, page: Pick<Answer, 'body'>, options: ShowOptions): Promise<string> => {
  const { pathname, search } = await leaveForListener(visitor, page)
  const shown = await askCardListener(`${pathname}${search}`, options)
  assert.equal(shown.status, 303, shown.body)
  const back = new URL(shown.location ?? '')
  assert.equal(back.pathname, CARD_RETURN)
  return `${back.pathname}${back.search}`
}

/** From a page of the application to the card page. */
export const reachCardPage = async (visitor: Visitor, path = '/dcc/'): Promise<Answer> => {
  const challenged = await visitor.page(path)
  const signIn = await visitor.page(challenged.location ?? '')
  const href = new RegExp(`href="(${CARD_PAGE}[^"]*)"`).exec(signIn.body)?.[1] ?? assert.fail(signIn.body)
  const page = await visitor.page(href.replaceAll('&amp;', '&'))
  assert.equal(page.status, 200, page.location)
  return page
}

export interface CardGate extends Gate {
  readonly cardPort: number
  /** From now on these of the cards that the stronger authority has issued are revoked. */
  revoke(...revoked: readonly Revoked[]): Promise<void>
}

export interface CardGateOptions extends Omit<GateOptions, 'config'> {
  readonly igc: TestIgcSante
  /** In place of a listener that asks for the card itself. */
  readonly listener?: CardListenerFiles
  /** Where it listens in place of a free port. */
  readonly socket?: string
  /** In place of free ones. */
  readonly ports?: { readonly pages: number; readonly cards: number }
  /** Without lists nobody can say whether a card was revoked. */
  readonly hasLists?: boolean
}

const OWN_LISTENER: CardListenerFiles = {
  tls: { cert: Buffer.from(CARD_TLS.cert), key: Buffer.from(CARD_TLS.key) },
  front: null,
}

/** A gate whose people show cards of this look-alike of IGC-Santé, of which none is revoked. */
export const startCardGate = async (options: CardGateOptions): Promise<CardGate> => {
  const { igc, site, listener = OWN_LISTENER, settings, socket, ports, hasLists = true, ...others } = options
  const folder = createTempFolder('card-gate')
  let number = 1n
  const listOf = (issuer: Authority, revoked: readonly Revoked[] = []) => {
    const file = join(folder.path, `${issuer.commonName}.crl`)
    writeFileSync(file, igc.list(issuer, revoked, { number: (number += 1n) }))
    return { of: issuer.commonName, file }
  }
  const lists = { strong: listOf(igc.strong), standard: listOf(igc.standard) }
  const gate = await startGate({
    ...others,
    site: { ways: CARD_WAYS, cps: { address: `https://${CARD_HOST}` }, ...site },
    settings: { cardListener: listener, ...settings },
    config: {
      listen: {
        ...{ address: '127.0.0.1', port: ports?.pages ?? 0, 'trusted-proxies': [] },
        cards: { address: '127.0.0.1', port: ports?.cards ?? 0, ...(socket === undefined ? {} : { socket }) },
      },
      cards: cardSettings(igc, folder.path, hasLists ? { lists } : {}),
    },
  })
  await gate.app.refreshCardLists()
  return {
    ...gate,
    cardPort: gate.app.cardPort ?? assert.fail('no cards are shown here'),
    revoke: async (...revoked) => {
      listOf(igc.strong, revoked)
      await gate.app.refreshCardLists()
    },
    stop: async () => {
      await gate.stop()
      folder[Symbol.dispose]()
    },
  }
}
