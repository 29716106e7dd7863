import type { Request, Response } from 'express'
import { digest } from '../../lib/digest.ts'
import type { ProviderMethod } from '../../policy/provider-credentials.ts'
import { findAttempt } from '../at-sign-in.ts'
import { browserDigest } from '../browser.ts'
import { signInHref } from '../destination.ts'
import { textOf } from '../form.ts'
import { languageOf } from '../language.ts'
import { liveSession } from '../live.ts'
import type { PortalParts } from '../portal-parts.ts'
import { isWayOpen, providerAt, refusedHref } from '../provider-at.ts'
import { recordProviderRefused } from '../provider-events.ts'
import { providerHandle } from '../provider-handle.ts'
import { visitOf } from '../visit.ts'

/**
 * GET: leads to the provider. Only a browser that has seen a page of ours gets a state: one that strangers ask for would cost
 * the store a line each. Whoever is signed in here proves anew who they are, so that nobody goes on in the session that the
 * provider still remembers of somebody else (J-16).
 */
export const beginWithProvider =
  (parts: PortalParts, method: ProviderMethod) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const provider = providerAt(parts, response, method)
    if (provider === null) return
    const to = textOf(request.query, 'to')
    const browser = parts.browsers.known(visit)
    if (browser === undefined || !isWayOpen(parts, response, method)) {
      parts.pages.go(response, signInHref(visit.site, to))
      return
    }
    const attempt = textOf(request.query, 'attempt')
    if (attempt !== '' && (await findAttempt(parts, request, response)) === null) return
    const holder = { site: visit.site.site.site, browser: browserDigest(browser) }
    if (!(await parts.providers.mayBegin(digest(browser)))) {
      parts.refusals.refuse(visit, 'too-many-tries', 'states of one browser')
      return
    }
    const isAnew = (await liveSession(visit)) !== null
    const language = languageOf(request.headers['accept-language'])
    const begun = await parts.providers.begin(provider, { holder, to, attempt, isAnew, language })
    if (begun.ok) {
      providerHandle(parts, response)
      parts.pages.go(response, begun.value.href)
      return
    }
    recordProviderRefused(parts, response, provider, begun.reason)
    parts.pages.go(response, refusedHref(response, method, { kind: 'unavailable', to }))
  }
