import type { Response } from 'express'
import type { Provider } from '../methods/oidc/provider.ts'
import type { Holder } from '../methods/oidc/provider-sessions.ts'
import type { Proof } from '../policy/schema.ts'
import { browserDigest } from './browser.ts'
import { cookieLine } from './cookies.ts'
import { languageOf } from './language.ts'
import type { PageModels } from './pages.ts'
import type { PortalParts } from './portal-parts.ts'
import { knownProviderHandle } from './provider-handle.ts'
import { visitOf } from './visit.ts'

type Standing = NonNullable<PageModels['signed-out']['provider']>

const holderOf = (response: Response): Holder | null => {
  const handle = knownProviderHandle(response)
  return handle === undefined ? null : { site: visitOf(response.req).site.site.site, handle }
}

/** The provider of a session that was opened by one, where signing out leads on to it. */
const providerOf = (parts: PortalParts, response: Response, methods: readonly Proof[]): Provider | null => {
  const { site } = visitOf(response.req).site
  const method = (['pro-sante-connect', 'oidc'] as const).find((id) => methods.includes(id))
  const provider = method === undefined ? null : parts.providers.of(site.site, method)
  return provider?.profile.endsThere === true ? provider : null
}

/**
 * The form of this page may lead on to the provider: browsers hold every step of where a form leads against `form-action`.
 * No other page of ours leads there by a form.
 */
export const allowProviderSignOut = async (
  parts: PortalParts,
  response: Response,
  methods: readonly Proof[],
): Promise<void> => {
  const provider = providerOf(parts, response, methods)
  if (provider === null || provider.fault() !== null) return
  const reached = await provider.reach()
  const end = reached.ok ? reached.value.description.end_session_endpoint : undefined
  if (end === undefined) return
  const policy = parts.views.contentSecurityPolicy(visitOf(response.req).site.site)
  response.set(
    'Content-Security-Policy',
    policy.replace("form-action 'self'", `form-action 'self' ${new URL(end).origin}`),
  )
}

/** The address at the provider that ends its session too; null where there is none, or it does not answer. */
const endAt = async (parts: PortalParts, browser: string, holder: Holder): Promise<URL | null> => {
  const session = await parts.providers.sessions.find(holder)
  const provider = session === null ? null : parts.providers.of(holder.site, session.method)
  if (session === null || provider === null || provider.profile.issuer !== session.issuer) return null
  const there = { site: holder.site, browser: browserDigest(browser) }
  const url = await parts.providers.logouts.begin(provider, there, session.idToken)
  // Once is enough; a provider that was away is tried again.
  if (url !== null) await parts.providers.sessions.take(holder)
  return url
}

/** After the session here has ended: where the browser goes on to, or null to stay. */
export const providerSignOut = async (
  parts: PortalParts,
  response: Response,
  browser: string,
  methods: readonly Proof[],
): Promise<string | null> => {
  const holder = holderOf(response)
  if (holder === null || providerOf(parts, response, methods) === null) return null
  return (await endAt(parts, browser, holder))?.href ?? null
}

/** A session at a provider that this browser may still have; null when nothing is known of one. */
export const leftOverAtProvider = async (parts: PortalParts, response: Response): Promise<Standing | null> => {
  const visit = visitOf(response.req)
  const holder = holderOf(response)
  const session = holder === null ? null : await parts.providers.sessions.find(holder)
  const provider = session === null ? null : parts.providers.of(visit.site.site.site, session.method)
  if (provider === null) return null
  const { profile } = provider
  const isOut = provider.fault() !== null
  return {
    name: profile.name[languageOf(response.req.headers['accept-language'])],
    kind: isOut ? 'unreachable' : 'open',
    endHref: isOut ? null : `${visit.site.prefix}/${profile.method}/sign-out`,
  }
}

/** Forgets the handle: what it named is over. */
export const forgetProviderHandle = (response: Response): void => {
  response.append('Set-Cookie', cookieLine(visitOf(response.req).site, 'provider', '', 0))
}

/** By a link of the page that says what is left over: to the provider, or back to that page. */
export const endLeftOver = async (parts: PortalParts, response: Response, browser: string): Promise<string> => {
  const holder = holderOf(response)
  const url = holder === null ? null : await endAt(parts, browser, holder)
  return url?.href ?? `${visitOf(response.req).site.prefix}/signed-out`
}
