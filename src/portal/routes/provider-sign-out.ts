import type { Request, Response } from 'express'
import type { ProviderMethod } from '../../policy/provider-credentials.ts'
import { browserDigest } from '../browser.ts'
import { textOf } from '../form.ts'
import { languageOf } from '../language.ts'
import { liveSession } from '../live.ts'
import type { PortalParts } from '../portal-parts.ts'
import { providerAt } from '../provider-at.ts'
import { endLeftOver, forgetProviderHandle } from '../provider-sign-out.ts'
import { visitOf } from '../visit.ts'

/**
 * GET: ends what a provider still remembers, for somebody who is signed out here. Whoever is signed in signs out here first,
 * by a form of ours: a link of a stranger must not do that (W-09).
 */
export const signOutAtProvider =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const browser = parts.browsers.known(visit)
    if (browser === undefined) parts.pages.go(response, `${visit.site.prefix}/signed-out`)
    else if ((await liveSession(visit)) !== null) parts.pages.go(response, `${visit.site.prefix}/sign-out`)
    else parts.pages.go(response, await endLeftOver(parts, response, browser))
  }

/** GET: back from the provider. Without the state that we sent along nothing is claimed of what it did. */
export const showSignedOutThere =
  (parts: PortalParts, method: ProviderMethod) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const provider = providerAt(parts, response, method)
    if (provider === null) return
    const browser = parts.browsers.known(visit)
    const holder = { site: visit.site.site.site, browser: browserDigest(browser ?? '') }
    const isBack = await parts.providers.logouts.isBack(holder, textOf(request.query, 'state'))
    if (isBack) forgetProviderHandle(response)
    const name = provider.profile.name[languageOf(request.headers['accept-language'])]
    parts.pages.show(response, 'signed-out', {
      signInHref: `${visit.site.prefix}/sign-in`,
      provider: isBack ? { name, kind: 'ended', endHref: null } : null,
    })
  }
