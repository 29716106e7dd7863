import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from 'express'
import { ERRORS, type ErrorCode } from '../lib/errors.ts'
import { duringVisit } from './current-visit.ts'
import { dress, letBeFramed } from './headers.ts'
import { onlyMethods, readForm } from './form.ts'
import type { PortalParts } from './portal-parts.ts'
import { showAccountPage, takePreference, takeRecoveryCodes, takeRemoval, takeSessionEnd } from './routes/account.ts'
import { showAddress, takeAddress } from './routes/account-address.ts'
import { takeDeviceForgotten } from './routes/account-devices.ts'
import { takePracticeForgotten } from './routes/account-practice.ts'
import { showEnrolment, takeEnrolment } from './routes/application.ts'
import { showCard, showRefusedCard, takeCard } from './routes/card.ts'
import { takeCardReturn } from './routes/card-return.ts'
import { showChoice, takeChoice } from './routes/choice.ts'
import { showCodePage, takeCode, takeResend } from './routes/code.ts'
import { showEnding } from './routes/ending.ts'
import { readLinkForm, takeCall, takeLink, takePress } from './routes/contextual-call.ts'
import { showCall, showDelivery, takeCallChoice, takeWindow } from './routes/contextual-call-open.ts'
import { showForgotten, showForgottenSent, takeForgotten } from './routes/forgotten.ts'
import { showNotMe, takeNotMe } from './routes/not-me.ts'
import { dropKeptForm, sendKeptForm, showKeptForm } from './routes/kept-form.ts'
import { showAccountPassword, takeAccountPassword } from './routes/account-password.ts'
import { showNewMethod, takeNewMethod } from './routes/new-method.ts'
import { showAccountLink, takeAccountLink } from './routes/account-link.ts'
import { showAccountPasskey, takeAccountPasskey } from './routes/account-passkey.ts'
import { showNewPasskey, takeNewPasskey } from './routes/new-passkey.ts'
import { showPasskeySignIn, takePasskeySignIn } from './routes/passkey-sign-in.ts'
import { showObligedPassword, takeObligedPassword } from './routes/obliged-password.ts'
import { showOutbox } from './routes/outbox.ts'
import { showAsset, showJwks } from './routes/published.ts'
import { showPasswordChanged, showReset, takeReset } from './routes/reset-password.ts'
import { showSession, stayConnected } from './routes/session.ts'
import { showSignInAgain, showSignInDone } from './routes/sign-in-again.ts'
import { showSignIn, takeSignIn } from './routes/sign-in.ts'
import { showSignedOut, showSignOut, takeSignOut } from './routes/sign-out.ts'
import { providerRoutes } from './provider-routes.ts'
import { rememberVisit, visitOf, type Visit } from './visit.ts'

const protect =
  ({ views }: PortalParts): RequestHandler =>
  (request, response, next) => {
    const { site } = visitOf(request)
    dress(request, response, views.contentSecurityPolicy(site.site), site.secure)
    if (site.isFramed === true) letBeFramed(response, site.site['contextual-call']?.frames ?? [])
    response.set('Cache-Control', 'no-store').set('X-Portillon', 'page')
    next()
  }

const passwordRoutes = (router: Router, parts: PortalParts, session: RequestHandler): void => {
  router.all(['/password/forgot', '/password/reset'], onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/password/forgot', showForgotten(parts))
  router.post('/password/forgot', readForm, takeForgotten(parts))
  router.get('/password/reset', showReset(parts))
  router.post('/password/reset', readForm, takeReset(parts))
  router.all(['/password/forgot/sent', '/password/changed'], onlyMethods('GET', 'HEAD'))
  router.get('/password/forgot/sent', showForgottenSent(parts))
  router.get('/password/changed', showPasswordChanged(parts))
  router.all(['/sign-in/new-password', '/account/password'], onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/sign-in/new-password', showObligedPassword(parts))
  router.post('/sign-in/new-password', readForm, session, takeObligedPassword(parts))
  router.get('/account/password', showAccountPassword(parts))
  router.post('/account/password', readForm, takeAccountPassword(parts))
}

const passkeyRoutes = (router: Router, parts: PortalParts, session: RequestHandler): void => {
  router.all(['/sign-in/passkey', '/sign-in/new-passkey', '/account/passkey'], onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/sign-in/passkey', showPasskeySignIn(parts))
  router.post('/sign-in/passkey', readForm, session, takePasskeySignIn(parts))
  router.get('/sign-in/new-passkey', showNewPasskey(parts))
  router.post('/sign-in/new-passkey', readForm, session, takeNewPasskey(parts))
  router.get('/account/passkey', showAccountPasskey(parts))
  router.post('/account/passkey', readForm, takeAccountPasskey(parts))
}

const callRoutes = (router: Router, parts: PortalParts, session: RequestHandler): void => {
  const at = '/contextual-call'
  router.all([at, `${at}/link`], onlyMethods('GET', 'HEAD', 'POST'))
  router.get(at, takeCall(parts))
  router.post(at, readForm, takeCall(parts))
  router.get(`${at}/link`, takeLink(parts))
  router.post(`${at}/link`, readLinkForm, takeLink(parts))
  router.all(`${at}/press`, onlyMethods('POST'))
  router.post(`${at}/press`, readForm, takePress(parts))
  router.all(`${at}/open`, onlyMethods('GET', 'HEAD', 'POST'))
  router.get(`${at}/open`, session, showCall(parts))
  router.post(`${at}/open`, readForm, session, takeCallChoice(parts))
  router.all(`${at}/window`, onlyMethods('POST'))
  router.post(`${at}/window`, readForm, takeWindow(parts))
  router.all(`${at}/deliver`, onlyMethods('GET'))
  router.get(`${at}/deliver`, showDelivery(parts))
}

const cardRoutes = (router: Router, parts: PortalParts, session: RequestHandler): void => {
  router.all('/card', onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/card', showCard(parts))
  router.post('/card', readForm, takeCard(parts))
  router.all('/card/refused', onlyMethods('GET', 'HEAD'))
  router.get('/card/refused', showRefusedCard(parts))
  // Not HEAD: it would use the ticket up.
  router.all('/card/return', onlyMethods('GET'))
  router.get('/card/return', session, takeCardReturn(parts))
}

const routes = (parts: PortalParts): Router => {
  const router = express.Router({ caseSensitive: true, strict: true })
  const session: RequestHandler = (request, response, next) => {
    parts.sessionFor(visitOf(request).site)(request, response, next)
  }
  router.all('/sign-in', onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/sign-in', showSignIn(parts))
  router.post('/sign-in', readForm, session, takeSignIn(parts))
  router.all('/sign-in/code', onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/sign-in/code', showCodePage(parts))
  router.post('/sign-in/code', readForm, session, takeCode(parts))
  router.all('/sign-in/code/resend', onlyMethods('POST'))
  router.post('/sign-in/code/resend', readForm, takeResend(parts))
  router.all(['/sign-in/choice', '/sign-in/application', '/account/application'], onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/sign-in/choice', showChoice(parts))
  router.post('/sign-in/choice', readForm, takeChoice(parts))
  router.get('/sign-in/application', showNewMethod(parts))
  router.post('/sign-in/application', readForm, session, takeNewMethod(parts))
  router.get('/account/application', showEnrolment(parts))
  router.post('/account/application', readForm, takeEnrolment(parts))
  router.all('/account', onlyMethods('GET', 'HEAD'))
  router.all('/account/address', onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/account', showAccountPage(parts))
  router.get('/account/address', showAddress(parts))
  router.post('/account/address', readForm, takeAddress(parts))
  router.all(
    [
      ...['/account/factors/remove', '/account/preference', '/account/recovery', '/account/sessions/end'],
      ...['/account/devices/forget', '/account/practice/forget'],
    ],
    onlyMethods('POST'),
  )
  router.post('/account/factors/remove', readForm, takeRemoval(parts))
  router.all('/account/link', onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/account/link', showAccountLink(parts))
  router.post('/account/link', readForm, takeAccountLink(parts))
  router.post('/account/preference', readForm, takePreference(parts))
  router.post('/account/recovery', readForm, takeRecoveryCodes(parts))
  router.post('/account/sessions/end', readForm, takeSessionEnd(parts))
  router.all(['/sign-in/again', '/sign-in/done', '/sign-in/ending'], onlyMethods('GET', 'HEAD'))
  router.get('/sign-in/ending', showEnding(parts))
  router.get('/sign-in/again', showSignInAgain(parts))
  router.get('/sign-in/done', showSignInDone(parts))
  router.post('/account/devices/forget', readForm, takeDeviceForgotten(parts))
  router.post('/account/practice/forget', readForm, takePracticeForgotten(parts))
  router.all('/not-me', onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/not-me', showNotMe(parts))
  router.post('/not-me', readForm, takeNotMe(parts))
  router.all('/kept-form', onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/kept-form', showKeptForm(parts))
  router.post('/kept-form', readForm, sendKeptForm(parts))
  router.all('/kept-form/drop', onlyMethods('POST'))
  router.post('/kept-form/drop', readForm, dropKeptForm(parts))
  router.all('/sign-out', onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/sign-out', showSignOut(parts))
  router.post('/sign-out', readForm, takeSignOut(parts))
  router.all(['/signed-out', '/jwks.json', '/assets/:name'], onlyMethods('GET', 'HEAD'))
  router.get('/signed-out', showSignedOut(parts))
  router.all('/session', onlyMethods('GET', 'HEAD', 'POST'))
  router.get('/session', showSession(parts))
  router.post('/session', stayConnected(parts))
  router.get('/jwks.json', showJwks(parts))
  router.get('/assets/:name', showAsset(parts))
  if (parts.outbox !== null) router.get('/outbox', showOutbox(parts, parts.outbox))
  passwordRoutes(router, parts, session)
  passkeyRoutes(router, parts, session)
  providerRoutes(router, parts, session)
  callRoutes(router, parts, session)
  cardRoutes(router, parts, session)
  return router
}

/** What express and its body reader say of a request, in our own words. */
const codeOfExpress = (thrown: unknown): ErrorCode | undefined => {
  if (typeof thrown === 'string' && thrown in ERRORS) return thrown as ErrorCode
  const status = thrown instanceof Error && 'status' in thrown ? thrown.status : undefined
  if (status === 413) return 'body-too-large'
  return typeof status === 'number' && status >= 400 && status < 500 ? 'form-invalid' : undefined
}

/** The pages of the gate: one express application under the site's prefix, which never sees a forwarded request. */
export const createPortal = (parts: PortalParts): ((visit: Visit) => void) => {
  const app: Express = express()
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('case sensitive routing', true)
  const router = routes(parts)
  app.use(protect(parts))
  app.use((request, response, next) => {
    const { prefix } = visitOf(request).site
    request.url = request.url.slice(prefix.length) || '/'
    router(request, response, next)
  })
  app.use((request) => parts.refusals.refuse(visitOf(request), 'not-found'))
  const onError: ErrorRequestHandler = (thrown: unknown, request, _response, _next) => {
    const code = codeOfExpress(thrown)
    if (code === undefined) parts.refusals.fail(visitOf(request), thrown)
    else parts.refusals.refuse(visitOf(request), code, thrown instanceof Error ? thrown.message : undefined)
  }
  app.use(onError)
  return (given) => {
    const visit = rememberVisit(given)
    duringVisit(visit, () => void app(visit.request, visit.response))
  }
}
