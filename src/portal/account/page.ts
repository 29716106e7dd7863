import type { Response } from 'express'
import type { RecentEvent } from '../../audit/recent.ts'
import { calendarDay } from '../../lib/calendar.ts'
import { PROOFS, type Proof } from '../../policy/schema.ts'
import type { Offer } from '../../sign-in/method.ts'
import type { Message, PageModels } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf, type PortalSite } from '../visit.ts'
import { identitiesOf } from './identities.ts'
import type { Person } from './person.ts'

/** Events of the account that its page shows. */
const RECENT = 8

type Model = PageModels['account']

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString()

const factorsOf = async (
  parts: PortalParts,
  { account }: Person,
): Promise<Pick<Model, 'addresses' | 'applications' | 'passkeys'>> => {
  const factors = await parts.factors.of(account.id)
  const registered = account.email === null ? [] : [{ id: null, label: account.email, since: null, usedAt: null }]
  const rows = factors.map(({ id, label, createdAt, usedAt, kind }) => ({
    kind,
    row: { id, label, since: iso(createdAt), usedAt: usedAt === null ? null : iso(usedAt) },
  }))
  const ofKind = (wanted: string) => rows.flatMap(({ kind, row }) => (kind === wanted ? [row] : []))
  return {
    addresses: [...registered, ...ofKind('email')],
    applications: ofKind('totp'),
    passkeys: ofKind('passkey'),
  }
}

const sessionsOf = async (parts: PortalParts, { live }: Person): Promise<Model['sessions']> => {
  const { realm, account } = live.record
  const sessions = await parts.lifecycle.list(realm, account)
  return sessions.map(({ digest, record }) => ({
    id: digest,
    device: record.device,
    address: record.address,
    since: iso(record.startedAt),
    method: record.methods.at(-1) ?? 'password',
    isThis: digest === live.digest,
  }))
}

const devicesOf = async (parts: PortalParts, { account }: Person): Promise<Model['devices']> => {
  const remembered = await parts.devices.remembered(account.id)
  return remembered.map(({ id, label, address, since, until }) => ({
    id,
    device: label,
    address,
    since: iso(since),
    until: calendarDay(until),
  }))
}

const practiceOf = async (
  parts: PortalParts,
  { site }: PortalSite,
  { account }: Person,
): Promise<Model['practice']> => {
  if (site['pro-sante-connect']?.practices !== 'ask') return null
  const remembered = await parts.rememberedPractices.of(account.id, site.site)
  return remembered === null ? null : { structure: remembered.label, since: iso(remembered.since) }
}

/** `password+totp`, as the trail has it. */
const methodOf = ({ event, method }: RecentEvent): Proof | null => {
  const last = event === 'session.started' ? method?.split('+').at(-1) : undefined
  return PROOFS.find((proof) => proof === last) ?? null
}

const valueOf = ({ method, choice }: Pick<Offer, 'method' | 'choice'>): string => `${method}.${choice}`

const preferenceOf = async (parts: PortalParts, { account }: Person, offers: readonly Offer[]) => {
  const preference = await parts.factors.preference(account.id)
  const isThere = offers.some(({ method, choice }) => method === preference?.method && choice === preference.choice)
  return preference === null || !isThere ? '' : `${preference.method}.${preference.choice}`
}

/** « Mon compte »: what somebody signs in with, where they are signed in, what happened lately. */
export const showAccount = async (
  parts: PortalParts,
  response: Response,
  person: Person,
  said: { readonly error?: Message; readonly information?: Message } = {},
): Promise<void> => {
  const { site, address } = visitOf(response.req)
  const { live, account } = person
  const at = `${site.prefix}/account`
  const [factors, identities, sessions, devices, offers, activity] = await Promise.all([
    factorsOf(parts, person),
    identitiesOf(parts, visitOf(response.req), person),
    sessionsOf(parts, person),
    devicesOf(parts, person),
    parts.offersOf(site.site, account, site.policy.waysAt(parts.clock.now(), address).open),
    parts.recentEvents(account.id, RECENT),
  ])
  const isAsked = (method: string) => site.site.ways.some(({ methods }) => methods.some((one) => one === method))
  const { 'per-account': mostAddresses } = site.site['email-code']?.addresses ?? { 'per-account': 0 }
  const added = factors.addresses.filter(({ id }) => id !== null).length
  const model: Model = {
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    at,
    name: account.name,
    login: account.login,
    since: iso(live.record.startedAt),
    error: said.error ?? null,
    information: said.information ?? null,
    ...factors,
    ...identities,
    recovery: isAsked('recovery-code') ? { left: await parts.recoveryCodes.left(account.id) } : null,
    canAddAddress: isAsked('email-code') && added < mostAddresses,
    canAddApplication: isAsked('totp') && factors.applications.length < site.site.totp['per-account'],
    usesApplications: isAsked('totp') || factors.applications.length > 0,
    canAddPasskey: isAsked('passkey') && factors.passkeys.length < site.site.passkey['per-account'],
    usesPasskeys: isAsked('passkey') || factors.passkeys.length > 0,
    offers: offers.map((offer) => ({ value: valueOf(offer), method: offer.method, label: offer.label })),
    preference: await preferenceOf(parts, person, offers),
    sessions,
    devices,
    practice: await practiceOf(parts, site, person),
    activity: activity.map((happened) => ({
      event: happened.event,
      at: iso(happened.at),
      address: happened.address ?? '',
      method: methodOf(happened),
    })),
    continueHref: '/',
    signOutHref: `${site.prefix}/sign-out`,
  }
  parts.pages.show(response, 'account', model, said.error === undefined ? 200 : 400)
}
