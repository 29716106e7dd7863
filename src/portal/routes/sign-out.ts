import type { Request, Response } from 'express'
import { z } from 'zod'
import { farewellCookies } from '../cookies.ts'
import { takeForm } from '../form.ts'
import { liveSession } from '../live.ts'
import type { PortalParts } from '../portal-parts.ts'
import { allowProviderSignOut, leftOverAtProvider, providerSignOut } from '../provider-sign-out.ts'
import { farewellTo } from '../sign-out.ts'
import { visitOf } from '../visit.ts'

/** GET: asks. A link, an image or a scanner must not sign anybody out (W-09). */
export const showSignOut =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const live = await liveSession(visit)
    if (live === null) {
      parts.pages.go(response, `${visit.site.prefix}/signed-out`)
      return
    }
    await allowProviderSignOut(parts, response, live.record.methods)
    parts.pages.show(response, 'sign-out', {
      action: `${visit.site.prefix}/sign-out`,
      csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
      name: live.record.name,
      backHref: '/',
    })
  }

/** POST: acts, then takes the cookies and what the browser has cached away. */
export const takeSignOut =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const taken = takeForm(request, z.object({}), parts.browsers)
    if (!taken.ok) {
      if (taken.reason === 'stale') parts.pages.go(response, `${visit.site.prefix}/sign-out`)
      else parts.refusals.refuse(visit, taken.reason === 'cookies-refused' ? 'cross-site' : taken.reason)
      return
    }
    const live = await liveSession(visit)
    // First here, whatever becomes of it elsewhere (J-15).
    await farewellTo(parts, visit, 'signed-out')
    for (const line of farewellCookies(visit.site)) response.append('Set-Cookie', line)
    response.set('Clear-Site-Data', '"cache"')
    const there =
      live === null ? null : await providerSignOut(parts, response, taken.value.browser, live.record.methods)
    parts.pages.go(response, there ?? `${visit.site.prefix}/signed-out`)
  }

/** GET: also where people land whom the application has signed out; a session at a provider may be left over then. */
export const showSignedOut =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const provider = await leftOverAtProvider(parts, response)
    parts.pages.show(response, 'signed-out', { signInHref: `${site.prefix}/sign-in`, provider })
  }
