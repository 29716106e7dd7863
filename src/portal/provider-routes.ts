import type { RequestHandler, Router } from 'express'
import { PROVIDER_METHODS } from '../policy/provider-credentials.ts'
import { onlyMethods, readForm } from './form.ts'
import type { PortalParts } from './portal-parts.ts'
import { takeBackChannelLogout } from './routes/back-channel-logout.ts'
import { beginWithProvider } from './routes/provider-begin.ts'
import { returnFromProvider, showProviderRefused } from './routes/provider-callback.ts'
import { showPractice, takePractice } from './routes/provider-practice.ts'
import { showSignedOutThere, signOutAtProvider } from './routes/provider-sign-out.ts'
import { PRACTICE } from './settle-practice.ts'

/** The way to a provider and back. Each has addresses of its own, so that no answer of one is taken for that of another (J-04). */
export const providerRoutes = (router: Router, parts: PortalParts, session: RequestHandler): void => {
  for (const method of PROVIDER_METHODS) {
    router.all(
      ['', '/callback', '/refused', '/sign-out', '/signed-out'].map((page) => `/${method}${page}`),
      onlyMethods('GET'),
    )
    router.all(`/${method}/back-channel-logout`, onlyMethods('POST'))
    router.post(`/${method}/back-channel-logout`, readForm, takeBackChannelLogout(parts, method))
    router.get(`/${method}`, beginWithProvider(parts, method))
    router.get(`/${method}/callback`, session, returnFromProvider(parts, method))
    router.get(`/${method}/refused`, showProviderRefused(parts, method))
    router.get(`/${method}/sign-out`, signOutAtProvider(parts))
    router.get(`/${method}/signed-out`, showSignedOutThere(parts, method))
  }
  router.all(PRACTICE, onlyMethods('GET', 'HEAD', 'POST'))
  router.get(PRACTICE, showPractice(parts))
  router.post(PRACTICE, readForm, session, takePractice(parts))
}
