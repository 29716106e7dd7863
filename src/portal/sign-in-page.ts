import type { Response } from 'express'
import { KEPT_FORM_LIFETIME } from '../kept-forms/kept-forms.ts'
import { calendarDay } from '../lib/calendar.ts'
import type { HowEnded } from '../session/ends.ts'
import type { Notice, Way } from '../policy/schema.ts'
import { arrivalsOf } from './arrival-pages.ts'
import { forgottenHref } from './destination.ts'
import { languageOf } from './language.ts'
import type { Message, PageModels, WayChoice } from './pages.ts'
import type { PortalParts } from './portal-parts.ts'
import { dressArrivals } from './provider-buttons.ts'
import { visitOf, type PortalSite } from './visit.ts'

const HOUR = 3_600_000

/** The method that completes a way: it names the button. */
const kindOf = (way: Way): WayChoice['kind'] => way.methods.at(-1) ?? 'password'

const megabytes = (bytes: number): number => bytes / 1_048_576

const minutes = (time: number): number => Math.max(1, Math.round(time / 60_000))

/** In hours where these are whole. */
const longTime = (time: number) => ({ minutes: minutes(time), hours: time % HOUR === 0 ? time / HOUR : 0 })

/** What became of the session of before. Of one that is no longer remembered nothing is claimed. */
const endedMessage = ({ site }: PortalSite, how: HowEnded | null): Message => {
  if (how === null) return { key: 'signIn.ended' }
  if (how === 'idle') return { key: 'signIn.expired', values: { minutes: minutes(site.session.idle) } }
  if (how === 'absolute') return { key: 'signIn.ended.absolute', values: longTime(site.session.absolute) }
  return { key: `signIn.ended.${how}` }
}

/** Why somebody is here, by the `why` of the link; a Map, because the word comes from outside (F-21). */
const REASONS: ReadonlyMap<string, (site: PortalSite, how: HowEnded | null) => Message> = new Map(
  Object.entries({
    expired: endedMessage,
    restarted: () => ({ key: 'signIn.restarted' }),
    form: () => ({ key: 'signIn.formLost' }),
    'form-kept': () => ({ key: 'signIn.formKept', values: { minutes: minutes(KEPT_FORM_LIFETIME) } }),
    'form-too-large': ({ site }) => ({ key: 'signIn.formTooLarge', values: { size: megabytes(site.forms.keep) } }),
    'form-file-too-large': ({ site }) => ({
      key: 'signIn.formFileTooLarge',
      values: { size: megabytes(site.forms.keep) },
    }),
    again: () => ({ key: 'signIn.again' }),
    fresh: () => ({ key: 'signIn.fresh' }),
  } satisfies Record<string, (site: PortalSite, how: HowEnded | null) => Message>),
)

const isCurrent = (notice: Notice, today: string): boolean =>
  (notice.from === undefined || notice.from <= today) && (notice.until === undefined || today <= notice.until)

export interface SignInShown {
  readonly sealed: string
  readonly why?: string
  /** How the session of before ended, as far as it is known. */
  readonly ended?: HowEnded | null
  readonly login?: string
  readonly error?: Message
  readonly status?: number
}

/**
 * One button for all ways that begin with the password: which of them it becomes is chosen once it is known what the
 * account has. It is named after what it leads to.
 */
const buttonsOf = (all: readonly Way[], ending: readonly Way[]): WayChoice[] => {
  const open = all.filter(({ methods }) => methods[0] === 'password')
  const [first, ...others] = open
  if (first === undefined) return []
  const kinds = new Set(open.map(kindOf))
  const [kind = 'password'] = kinds
  const endsOn = others.length === 0 && ending.includes(first) ? (first.until ?? null) : null
  return [{ id: first.id, kind: kinds.size === 1 ? kind : 'password', endsOn }]
}

/** The sign-in page of the site, today, in the visitor's language. */
export const signInPage = (parts: PortalParts, response: Response, shown: SignInShown): void => {
  const { site, request, address } = visitOf(response.req)
  const language = languageOf(request.headers['accept-language'])
  const now = parts.clock.now()
  const today = calendarDay(now)
  const { open, closed, ending } = site.policy.waysAt(now, address)
  const browser = parts.browsers.ensure(response)
  const model: PageModels['sign-in'] = {
    action: `${site.prefix}/sign-in`,
    csrf: parts.browsers.csrf(browser),
    to: shown.sealed,
    login: shown.login ?? '',
    hasTarget: (parts.targets.open(site.site.site, shown.sealed)?.path ?? '/') !== '/',
    ways: buttonsOf(open, ending),
    closedWays: closed.map((way) => ({
      id: way.id,
      kind: kindOf(way),
      from: way.from !== undefined && today < way.from ? way.from : null,
      until: way.until !== undefined && way.until < today ? way.until : null,
    })),
    error: shown.error ?? null,
    information: REASONS.get(shown.why ?? '')?.(site, shown.ended ?? null) ?? null,
    notices: site.site.notices
      .filter((notice) => isCurrent(notice, today))
      .map((notice) => ({ kind: notice.kind, text: notice.text[language] })),
    legal: site.site.legal?.[language] ?? null,
    forgottenHref: site.site.password.forgotten === 'hidden' ? null : forgottenHref(site, shown.sealed),
    arrivals: dressArrivals(parts, response, arrivalsOf(site, { open, ending }, shown.sealed)),
  }
  parts.pages.show(response, 'sign-in', model, shown.status)
}
