import { normalizeAddress } from '../../lib/address.ts'
import { addDays } from '../../lib/calendar.ts'
import { entriesOf, type Draft } from '../../lib/settings/draft.ts'
import { error, warning, type Finding } from '../../lib/settings/problem.ts'
import type { Site, Way } from '../schema.ts'
import type { Check, CheckContext } from './context.ts'

/** Days before the end of a way from which `check` and the sign-in page speak of it. */
const NOTICE_DAYS = 60

type WayDraft = Draft<Way>

/** Methods that say by themselves who somebody is. */
const NAMING: ReadonlySet<string> = new Set(['cps', 'pro-sante-connect', 'oidc', 'contextual-call'])
const isNaming = (id: string | undefined): boolean => id !== undefined && NAMING.has(id)

/** Of a training base a password alone is enough: the data behind it are invented, and the pages say so. */
function* checkChain(way: WayDraft, at: number, site: Draft<Site>): Generator<Finding> {
  const path = ['ways', at, 'methods']
  const methods = entriesOf(way.methods).map(([, method]) => method)
  const [first, ...others] = methods
  if (methods.length === 0 || methods.length !== way.methods?.length) return
  if (new Set(methods).size < methods.length) {
    yield error(path, 'each method once', 'remove the repetition: proving the same thing twice proves nothing more')
  } else if (first === 'passkey') {
    // It says by itself who it is, and has asked for a second factor of its own.
    if (others.length > 0)
      yield error(path, '`passkey` alone, or after `password`', 'write [passkey], or [password, passkey]')
  } else if (first !== 'password' && !isNaming(first)) {
    yield error(
      path,
      '`password` first, or a method that says by itself who somebody is',
      `write [password, ${methods.filter((id) => id !== 'password').join(', ')}]`,
    )
  } else if (others.some((id) => id === 'password' || id === 'contextual-call')) {
    yield error(path, '`password` and `contextual-call` at the beginning only', 'write them first, or leave them out')
  } else if (isNaming(first)) {
    // Alone it is enough: a card has its PIN, a provider and an establishment have their own rules.
  } else if (others.length === 0 && site.training !== true) {
    yield error(
      path,
      'a second method after `password`',
      'add email-code: remote access by a password alone has not been lawful since 2026-01-01 (RIE, order of 28 March 2022)',
    )
  }
  if (methods.includes('email-code') && site['email-code'] === undefined) {
    yield error(path, 'an `email-code` section for ways by mailed code', 'add `email-code: { from: … }` to the site')
  }
}

const isContradictory = ({ from, until }: WayDraft): boolean =>
  from !== undefined && until !== undefined && from > until

function* checkDates(way: WayDraft, at: number, today: string): Generator<Finding> {
  const { until } = way
  if (isContradictory(way)) {
    yield error(
      ['ways', at, 'from'],
      `a day not after \`until\`, ${until ?? ''}`,
      'exchange the two days, or remove one',
    )
  } else if (until !== undefined && until < today) {
    yield warning(
      ['ways', at, 'until'],
      `today, ${today}, or a later day`,
      'remove the way, which is closed, or renew its homologation',
    )
  } else if (until !== undefined && until <= addDays(today, NOTICE_DAYS)) {
    yield warning(
      ['ways', at, 'until'],
      `a day more than ${NOTICE_DAYS} days ahead`,
      'tell the people who use this way and open another, or renew its homologation',
    )
  }
}

/** What passkeys need of a site: they answer to one host name, and to no address. */
function* checkPasskeys(way: WayDraft, at: number, site: Draft<Site>): Generator<Finding> {
  if (way.methods?.includes('passkey') !== true) return
  const [host] = entriesOf(site.hosts).map(([, name]) => name)
  const origin = site.origin ?? `https://${host ?? ''}`
  const hostname = URL.canParse(origin) ? new URL(origin).hostname : ''
  if (normalizeAddress(hostname.replace(/^\[|\]$/g, '')) !== undefined) {
    yield error(
      ['ways', at, 'methods'],
      'a host name for passkeys: browsers make none for an address',
      'give the site a name in `hosts` or `origin`, or take `passkey` out',
    )
  }
  if ((site.hosts?.length ?? 0) > 1) {
    yield warning(
      ['ways', at, 'methods'],
      `one host: passkeys of this site answer at ${hostname} alone`,
      'let the other hosts lead there, or tell people to sign in there',
    )
  }
  if (way.homologation === undefined) {
    yield warning(
      ['ways', at, 'homologation'],
      'the reference of the homologation decision, which a means that the ANS does not deliver needs (RIE)',
      'add `homologation: "…"`, or open a way by card or Pro Santé Connect',
    )
  }
  if ((way.level ?? 1) > 2) {
    yield warning(
      ['ways', at, 'level'],
      'level 2 at most: without an attestation nobody knows where the key of a passkey lives',
      'write `level: 2`',
    )
  }
}

/** Departures from the rules for password and mailed code (facts: RIE; CNIL deliberation 2025-019). */
function* checkStanding(way: WayDraft, at: number): Generator<Finding> {
  if (way.methods?.includes('email-code') !== true) return
  if (way.homologation === undefined) {
    yield warning(
      ['ways', at, 'homologation'],
      'the reference of the homologation decision, which a transition means needs (RIE)',
      'add `homologation: "…"`, or open a way by card or Pro Santé Connect',
    )
  }
  if ((way.level ?? 1) > 1) {
    yield warning(
      ['ways', at, 'level'],
      'level 1: a mailed code is two-step verification, not a second factor (CNIL, deliberation 2025-019)',
      'leave `level` out',
    )
  }
}

function* checkIds(ways: readonly [number, WayDraft][]): Generator<Finding> {
  const seen = new Map<string, number>()
  for (const [at, { id }] of ways) {
    if (id === undefined) continue
    const first = seen.get(id)
    if (first === undefined) seen.set(id, at)
    else yield error(['ways', at, 'id'], 'a name that no other way has', `rename it: ways[${first}] has this name`)
  }
}

const limitsOf = ({ methods, roles, networks }: WayDraft): string => JSON.stringify([methods, roles, networks])

/** Two ways of the same methods for the same people: whoever proves one has proved the other, and the better counts. */
function* checkTwins(ways: readonly [number, WayDraft][]): Generator<Finding> {
  for (const [at, way] of ways) {
    const twin = ways.find(([other, one]) => other < at && limitsOf(one) === limitsOf(way))
    if (twin === undefined || way.methods === undefined) continue
    const [first, one] = twin
    if ((one.level ?? 1) === (way.level ?? 1)) continue
    yield error(
      ['ways', at, 'methods'],
      'methods, `roles` or `networks` that tell it from every other way',
      `whoever proves ways[${first}] has proved this one too, and gets the higher level: limit it, or remove one`,
    )
  }
}

/** Methods that somebody has to make first, signed in by another one. */
const SELF_MADE: ReadonlySet<string> = new Set(['totp', 'passkey', 'recovery-code'])

/** Where every way asks for what people make themselves, nobody ever gets so far as to make it. */
function* checkBeginning(ways: readonly [number, WayDraft][]): Generator<Finding> {
  const isSelfMade = ({ methods }: WayDraft): boolean => entriesOf(methods).some(([, method]) => SELF_MADE.has(method))
  if (!ways.every(([, way]) => isSelfMade(way)) || !ways.some(([, way]) => way.methods?.includes('passkey'))) return
  yield warning(
    ['ways'],
    'a way that can be proved before a passkey is made',
    'add one by password and mailed code, from your networks alone (`networks`) if need be',
  )
}

const isOpenOn = ({ from, until }: WayDraft, today: string): boolean =>
  (from === undefined || from <= today) && (until === undefined || until >= today)

export const checkWays: Check = function* (site, { today }: CheckContext) {
  const ways = entriesOf(site.ways)
  yield* checkIds(ways)
  yield* checkTwins(ways)
  for (const [at, way] of ways) {
    yield* checkChain(way, at, site)
    yield* checkDates(way, at, today)
    yield* checkPasskeys(way, at, site)
    yield* checkStanding(way, at)
  }
  yield* checkBeginning(ways)
  if (ways.length > 0 && !ways.some(([, way]) => isOpenOn(way, today) || isContradictory(way))) {
    yield warning(['ways'], 'at least one way that is open today', 'open a way: nobody can sign in')
  }
}
