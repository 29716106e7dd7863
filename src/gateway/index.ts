import { codeOf } from '../lib/errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { ReturnTargets } from '../lib/return-target.ts'
import type { LiveSession } from '../session/cache.ts'
import { assert } from './assert.ts'
import { authenticate } from './authenticate.ts'
import { authorize } from './authorize.ts'
import { chain } from './chain.ts'
import { challenge } from './challenge.ts'
import type { ClientAddress } from './client-address.ts'
import type { Allowed, Exchange, Incoming, Refuse } from './exchange.ts'
import { createForwardAuth } from './forward-auth/index.ts'
import type { FormParts } from './forms.ts'
import type { Farewell } from './farewell.ts'
import { forward } from './forward.ts'
import { isolate } from './isolate.ts'
import { keepForm } from './keep-form.ts'
import { linger } from './linger.ts'
import type { OpenAnswers } from './open-answers.ts'
import { origin } from './origin.ts'
import { own, type Portal } from './own.ts'
import { letRead, preflight } from './preflight.ts'
import { createBodyReader } from './read-body.ts'
import { receive } from './receive.ts'
import { resend } from './resend.ts'
import { sanitize, type OnSpoof } from './sanitize.ts'
import { signOut } from './sign-out.ts'
import type { SiteTable } from './site.ts'
import { createUpgrade, type OnOpen } from './upgrade.ts'

export interface GatewayParts {
  readonly sites: SiteTable
  readonly addresses: ClientAddress
  readonly targets: ReturnTargets
  readonly clock: Clock
  /** Notes activity of a session; background polling never comes here (R29). */
  readonly seen: (session: LiveSession) => void
  readonly portal: Portal
  readonly refuse: Refuse
  readonly endSession: (digest: string, input: Allowed) => Promise<void>
  readonly farewell: Farewell
  readonly forms: FormParts
  readonly onOpen: OnOpen
  /** Answers under way, so that a session's end can end them. */
  readonly answers: OpenAnswers
  readonly onSpoof: OnSpoof
  /** Puts the protecting headers on an answer of the gate itself (W-07). */
  readonly dress: (exchange: Exchange) => void
}

export interface Gateway {
  onRequest(incoming: Incoming): void
  onUpgrade(incoming: Incoming): void
}

/** What steps are given: the incoming request, the exchange made of it, or what holds the exchange. */
type Reached = Incoming | { readonly exchange: Exchange }

/** As much of an exchange as had been established: the refusal then speaks for the right site. */
const exchangeOf = (reached: Reached): Incoming & Partial<Exchange> =>
  'exchange' in reached ? reached.exchange : reached

/** For the log. Where something unexpected was thrown is told; of an expected fault its message says enough. */
const detailOf = (thrown: unknown, isUnexpected: boolean): string =>
  thrown instanceof Error ? ((isUnexpected ? thrown.stack : undefined) ?? thrown.message) : 'unknown'

/**
 * The hot path, in the order in which a request meets it. Each step takes what the step before produced, or ends the
 * exchange; whatever a step throws closes the gate for that request only.
 */
export const createGateway = (parts: GatewayParts): Gateway => {
  const refuse: Refuse = (at, code, detail) => {
    letRead(at)
    parts.refuse(at, code, detail)
    linger(at)
  }
  const onFault = (reached: unknown, thrown: unknown): void => {
    const at = exchangeOf(reached as Reached)
    const code = codeOf(thrown)
    if (at.response.headersSent) at.response.destroy()
    else refuse(at, code, detailOf(thrown, code === 'fault'))
  }
  const received = receive(parts.sites, parts.addresses, refuse)
  const sanitized = sanitize(refuse, parts.onSpoof)
  const authenticated = authenticate(parts.seen)
  const authorized = authorize(parts.clock)
  const challenged = challenge(parts.targets, refuse, parts.dress)
  const isolated = isolate(refuse)

  const onRequest = chain(
    onFault,
    received,
    sanitized,
    own(parts.portal, refuse),
    preflight(parts.dress),
    authenticated,
    authorized,
    keepForm(parts.forms, createBodyReader()),
    challenged,
    isolated,
    signOut(parts.endSession),
    assert,
    resend(parts.forms, parts.dress),
    forward(refuse, { ...parts.farewell, dress: parts.dress }, parts.answers),
  )
  const onUpgrade = chain(
    onFault,
    received,
    sanitized,
    own((exchange) => refuse(exchange, 'not-found', 'no-handshake'), refuse),
    origin(refuse),
    authenticated,
    authorized,
    challenged,
    isolated,
    signOut(parts.endSession),
    assert,
    createUpgrade(refuse, parts.onOpen),
  )
  // A question names a request other than itself: it has a table of its own, and no stranger reaches it.
  const proxies = createForwardAuth({ ...parts, refuse }, onFault)

  return {
    onRequest: (incoming) => {
      if (proxies.isAsking(incoming)) proxies.answer(incoming)
      else onRequest(incoming)
    },
    onUpgrade: (incoming) => {
      if (proxies.isAsking(incoming)) proxies.answer(incoming)
      else onUpgrade(incoming)
    },
  }
}
