import type { Log } from '../lib/log.ts'
import type { KeptForms } from '../kept-forms/kept-forms.ts'
import type { SessionOwners } from '../kept-forms/owners.ts'
import type { Asserted, Authorized, Exchange } from './exchange.ts'

/** What the data path needs in order to keep a form, and to send it when its owner says so (R7). */
export interface FormParts {
  readonly kept: KeptForms
  readonly owners: SessionOwners
  /** Digest of the browser's identifier; undefined for a browser that never saw a page of ours. */
  readonly browserOf: (exchange: Exchange) => string | undefined
  /** A cookie for a browser that sends a form from another site, and the digest that it goes by. */
  readonly carrier: (exchange: Exchange) => { readonly browser: string; readonly cookie: string }
  readonly log: Log
  /** For the audit trail. */
  readonly onKept: (input: Authorized, session: string | null, size: number) => void
  readonly onSent: (input: Asserted) => void
}

/** The page on which the owner of a kept form decides, without the prefix. */
const PAGE = '/kept-form'

export const keptFormPage = ({ site }: Exchange, handle: string): string =>
  `${site.prefix}${PAGE}?${new URLSearchParams({ form: handle }).toString()}`

/**
 * The handle, when a request is the press of « Envoyer à nouveau », led on by the gate to the form's own address; null
 * otherwise. It is known by the page that it comes from: no page of the application is that one, and a browser says so again
 * when the answer is reloaded. Its body is a token of ours, which must never reach the application.
 */
export const pressedFor = ({ request, site }: Exchange): string | null => {
  const raw = request.rawHeaders
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    if (name.length !== 7 || name.toLowerCase() !== 'referer') continue
    const value = raw[at + 1] ?? ''
    if (!value.includes(PAGE) || !URL.canParse(value)) return null
    const { origin, pathname, searchParams } = new URL(value)
    return site.origins.has(origin) && pathname === `${site.prefix}${PAGE}` ? (searchParams.get('form') ?? '') : null
  }
  return null
}
