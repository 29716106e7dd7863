import type { Request, Response } from 'express'
import { z } from 'zod'
import type { AuditEvent } from '../../audit/events.ts'
import { isEvidenceMethod } from '../../sign-in/evidence.ts'
import type { Offer } from '../../sign-in/method.ts'
import { showAccount } from '../account/page.ts'
import { personOf, type Person } from '../account/person.ts'
import { field, textOf } from '../form.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { visitOf } from '../visit.ts'

const PATH = '/account'

/** What was done, said once on the page that comes next; a Map, because the word comes from outside. */
const DONE: ReadonlyMap<string, Message> = new Map(
  [
    ...['preferred', 'removed', 'ended', 'ended-others', 'address-added', 'passkey-added', 'linked'],
    ...['device-forgotten', 'devices-forgotten', 'link-expired', 'practice-forgotten'],
  ].map((done) => [done, { key: `account.${done}` }]),
)

/** GET: « Mon compte ». */
export const showAccountPage =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const person = await personOf(parts, request, response, PATH)
    if (person === null) return
    const information = DONE.get(textOf(request.query, 'done'))
    await showAccount(parts, response, person, information === undefined ? {} : { information })
  }

const traceOf = (request: Request, { live, account }: Person): Omit<AuditEvent, 'event'> => {
  const { site, reference, address } = visitOf(request)
  return {
    site: site.site.site,
    account: account.id,
    login: account.login,
    session: live.digest,
    reference,
    ...(address === undefined ? {} : { address }),
  }
}

/** A form of the account page: who sent it, and its fields; null once its refusal was answered. */
const take = async <Schema extends z.ZodType>(
  parts: PortalParts,
  request: Request,
  response: Response,
  schema: Schema,
): Promise<{ readonly person: Person; readonly fields: z.output<Schema> } | null> => {
  const taken = await takeFormOrAnswer(parts, response, schema)
  if (taken === null) return null
  const person = await personOf(parts, request, response, PATH)
  return person === null ? null : { person, fields: taken.fields }
}

const done = (parts: PortalParts, request: Request, response: Response, what: string): void => {
  parts.pages.go(response, `${visitOf(request).site.prefix}${PATH}?${new URLSearchParams({ done: what }).toString()}`)
}

/** POST: what is asked for first from now on; an empty choice asks each time. */
export const takePreference =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site, address } = visitOf(request)
    const taken = await take(parts, request, response, z.object({ offer: field(128).default('') }))
    if (taken === null) return
    const { person, fields } = taken
    const open = site.policy.waysAt(parts.clock.now(), address).open
    const offers = await parts.offersOf(site.site, person.account, open)
    const offer = offers.find(({ method, choice }) => `${method}.${choice}` === fields.offer)
    if (offer === undefined && fields.offer !== '') {
      await showAccount(parts, response, person, { error: { key: 'choice.unknown' } })
      return
    }
    await parts.factors.prefer(person.account.id, offer ?? null)
    done(parts, request, response, 'preferred')
  }

/** POST: takes a factor away, unless nothing would be left to sign in with. */
export const takeRemoval =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site, address } = visitOf(request)
    const taken = await take(parts, request, response, z.object({ factor: field(64) }))
    if (taken === null) return
    const { person, fields } = taken
    const { account } = person
    const factor = await parts.factors.find(account.id, fields.factor)
    if (factor === null) {
      done(parts, request, response, 'removed')
      return
    }
    const offers = await parts.offersOf(site.site, account, site.policy.waysAt(parts.clock.now(), address).open)
    const isOnlyPasskey = factor.kind === 'passkey' && (await parts.factors.of(account.id, 'passkey')).length === 1
    const isOnlyName = factor.kind === 'identity' && account.nationalId === null
    const goes = ({ method, choice }: Offer) =>
      choice === factor.id || (method === 'passkey' && isOnlyPasskey) || (isEvidenceMethod(method) && isOnlyName)
    if (offers.every(goes)) {
      await showAccount(parts, response, person, { error: { key: 'account.lastFactor' } })
      return
    }
    await parts.factors.remove(account.id, factor.id)
    const method = factor.kind === 'email' ? 'email-code' : factor.kind
    parts.trail.record({ event: 'factor.removed', method, ...traceOf(request, person) })
    done(parts, request, response, 'removed')
  }

/** POST: a new set of recovery codes; the former one is dead. */
export const takeRecoveryCodes =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const taken = await take(parts, request, response, z.object({}))
    if (taken === null) return
    const { account } = taken.person
    const codes = await parts.recoveryCodes.renew(account.id)
    parts.trail.record({ event: 'factor.added', method: 'recovery-code', ...traceOf(request, taken.person) })
    const at = new Date(parts.clock.now()).toISOString()
    const continueHref = `${site.prefix}${PATH}`
    parts.pages.show(response, 'recovery-codes', { codes, login: account.login, at, continueHref })
  }

/** POST: ends one of the person's own sessions, or all but this one (R30, S-23). */
export const takeSessionEnd =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const taken = await take(parts, request, response, z.object({ session: field(64) }))
    if (taken === null) return
    const { person, fields } = taken
    const { live, account } = person
    const isAll = fields.session === 'others'
    const own = await parts.lifecycle.list(site.realm, account.id)
    const chosen = own.filter(({ digest }) => digest !== live.digest && (isAll || digest === fields.session))
    const ended = await parts.lifecycle.end('signed-out', ...chosen.map(({ digest }) => digest))
    for (const { digest } of ended) {
      parts.trail.record({
        event: 'session.revoked',
        ...traceOf(request, person),
        session: digest,
        detail: 'by the person',
      })
    }
    done(parts, request, response, isAll ? 'ended-others' : 'ended')
  }
