import type { FormParts } from '../gateway/forms.ts'
import { createKeptForms, type KeptForms } from '../kept-forms/kept-forms.ts'
import { createSessionOwners, type SessionOwners } from '../kept-forms/owners.ts'
import type { Exchange } from '../gateway/exchange.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { browserDigest, type Browsers } from '../portal/browser.ts'
import { cookieLine } from '../portal/cookies.ts'
import type { PortalSite } from '../portal/visit.ts'
import type { Foundations } from './foundations.ts'
import type { AppSettings } from './settings.ts'

/** As long as a form is kept, seconds. */
const LINK_LIFE = 1_800

/** Forms that arrive when their session has ended: the data path keeps and sends them, the pages ask their owner. */
export interface JoinedForms {
  readonly kept: KeptForms
  readonly owners: SessionOwners
}

export const joinForms = ({ store, keyring }: Foundations, { clock, random }: AppSettings): JoinedForms => ({
  kept: createKeptForms({ store, clock, random, key: purposeKey(keyring, 'kept-form') }),
  owners: createSessionOwners({ store, clock, key: purposeKey(keyring, 'session-owner') }),
})

const traceOf = ({ site, reference, address }: Exchange) => ({
  site: site.site.site,
  reference,
  ...(address === undefined ? {} : { address }),
})

/** What the data path asks of them. */
export const formParts = (
  { kept, owners }: JoinedForms,
  { trail }: Foundations,
  { log, random }: AppSettings,
  browsers: Browsers,
  portalOf: (exchange: Exchange) => PortalSite,
): FormParts => ({
  kept,
  owners,
  browserOf: (exchange) => {
    const browser = browsers.known({ request: exchange.request, site: portalOf(exchange) })
    return browser === undefined ? undefined : browserDigest(browser)
  },
  carrier: (exchange) => {
    const proof = random.token(18)
    return { browser: browserDigest(proof), cookie: cookieLine(portalOf(exchange), 'link', proof, LINK_LIFE) }
  },
  log,
  onKept: ({ exchange }, session, size) => {
    const whose = session === null ? {} : { session }
    trail.record({ event: 'form.kept', ...whose, detail: `${size} bytes`, ...traceOf(exchange) })
  },
  onSent: ({ exchange, subject, session }) => {
    if (subject.kind === 'anonymous' || session === null) return
    const { account, login } = subject
    trail.record({ event: 'form.sent', account, login, session, ...traceOf(exchange) })
  },
})
