import type { Request, Response } from 'express'
import type { Answered, AnswerRefusal } from '../../methods/oidc/answer.ts'
import type { Provider } from '../../methods/oidc/provider.ts'
import type { ProviderMethod } from '../../policy/provider-credentials.ts'
import { browserDigest } from '../browser.ts'
import { textOf } from '../form.ts'
import { languageOf } from '../language.ts'
import { liveSession } from '../live.ts'
import type { PortalParts } from '../portal-parts.ts'
import { presentProof } from '../present-proof.ts'
import { backHref, beginHref, providerAt, refusedHref, STATUS } from '../provider-at.ts'
import { recordProviderRefused } from '../provider-events.ts'
import { providerHandle } from '../provider-handle.ts'
import { PROVIDER_REFUSALS, type ProviderRefusalKind } from '../provider-models.ts'
import { settlePractice } from '../settle-practice.ts'
import { visitOf } from '../visit.ts'

const kindOf = (refusal: AnswerRefusal): ProviderRefusalKind => {
  if (refusal.reason === 'unavailable') return 'unavailable'
  if (refusal.reason === 'denied') {
    if (refusal.error === 'access_denied') return 'cancelled'
    return ['temporarily_unavailable', 'server_error'].includes(refusal.error) ? 'unavailable' : 'refused'
  }
  switch (refusal.cause) {
    case 'state':
    case 'malformed':
      return 'expired'
    case 'acr-absent':
    case 'acr-refused':
      return 'too-weak'
    case 'proof-too-old':
    case 'proof-undated':
      return 'stale'
    case 'national-id-missing':
    case 'national-id-malformed':
      return 'no-number'
    default:
      return 'refused'
  }
}

const causeOf = (refusal: AnswerRefusal): string => (refusal.reason === 'denied' ? refusal.error : refusal.cause)

const answerRefused = async (
  parts: PortalParts,
  response: Response,
  provider: Provider,
  refusal: AnswerRefusal,
): Promise<void> => {
  recordProviderRefused(parts, response, provider, causeOf(refusal))
  const visit = visitOf(response.req)
  const isUnknown = refusal.reason === 'refused' && refusal.state === null
  // Somebody who went back in their browser, or pressed twice, and is signed in: the answer opens nothing a second time.
  if (isUnknown && (await liveSession(visit)) !== null) parts.pages.go(response, '/')
  else {
    const to = refusal.state?.to ?? ''
    parts.pages.go(response, refusedHref(response, provider.profile.method, { kind: kindOf(refusal), to }))
  }
}

/** Goes on with whom the provider has named, once what ends their session there is kept for this browser. */
const goOnWith = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  { profile }: Provider,
  browser: string,
  { proof, state }: Answered,
): Promise<void> => {
  const visit = visitOf(request)
  const { site } = visit.site
  const { method, issuer } = profile
  const { subject, sid, idToken } = proof
  const session = { method, issuer, subject, sid, idToken }
  const holder = { site: site.site, handle: providerHandle(parts, response) }
  await parts.providers.sessions.keep(holder, session, site.session.absolute)
  const who = { site: site.site, browser: browserDigest(browser) }
  const practice = await settlePractice(parts, response, { profile }, who, { proof, state })
  if (practice === 'asked') return
  const { to, attempt } = state
  await presentProof(parts, request, response, profile, { proof, practice, browser, to, attempt })
}

/** GET: the browser comes back from the provider. */
export const returnFromProvider =
  (parts: PortalParts, method: ProviderMethod) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    // Whatever page this becomes, nobody is told the address with its code and state (J-17).
    response.set('Referrer-Policy', 'strict-origin')
    const provider = providerAt(parts, response, method)
    if (provider === null) return
    const browser = parts.browsers.known(visit)
    if (browser === undefined) {
      await answerRefused(parts, response, provider, { reason: 'refused', cause: 'state', state: null })
      return
    }
    const holder = { site: visit.site.site.site, browser: browserDigest(browser) }
    const query = new URLSearchParams((request.url.split('?', 2)[1] ?? '').slice(0, 8_192))
    const answered = await parts.providers.answer(provider, holder, query)
    if (answered.ok) await goOnWith(parts, request, response, provider, browser, answered.value)
    else await answerRefused(parts, response, provider, answered.reason)
  }

const REFERENCE = /^[A-Z0-9-]{6,24}$/

/** GET: why nothing came of it. The words come from our own link; an address that somebody made up says nothing false. */
export const showProviderRefused =
  (parts: PortalParts, method: ProviderMethod) =>
  (request: Request, response: Response): void => {
    const provider = providerAt(parts, response, method)
    if (provider === null) return
    const { query } = request
    const kind = PROVIDER_REFUSALS.find((one) => one === textOf(query, 'why')) ?? 'refused'
    const to = textOf(query, 'to')
    const reference = textOf(query, 'ref')
    const model = {
      kind,
      method,
      provider: provider.profile.name[languageOf(request.headers['accept-language'])],
      retryHref: beginHref(response, method, to),
      signInHref: backHref(response, to),
      reference: REFERENCE.test(reference) ? reference : visitOf(request).reference,
    }
    parts.pages.show(response, 'provider-refused', model, STATUS[kind])
  }
