import type { Request, Response } from 'express'
import type { LiveSession } from '../../session/cache.ts'
import type { TimeLeft } from '../../session/expiry.ts'
import { destinationOf } from '../destination.ts'
import { saysSameOrigin, textOf } from '../form.ts'
import { liveSession, maySee } from '../live.ts'
import type { PortalParts } from '../portal-parts.ts'
import { languageOf } from '../language.ts'
import { visitOf, type Visit } from '../visit.ts'

/** No form of another site can set it, and no script of another site may without being asked first (C-16). */
const STAY_HEADER = 'x-portillon-stay'

const seconds = (milliseconds: number): number => Math.max(0, Math.floor(milliseconds / 1_000))

/** What assets/session.js says; each is a key of the locales, `session.<name>`. */
const TEXTS = [
  ...['soon', 'soonWords', 'hardWords', 'over', 'overWords', 'other', 'otherWords'],
  ...['down', 'back', 'stay', 'sign', 'load', 'close'],
] as const

/** @param lang the language that the page says it is in; the browser's own without it */
const textsIn = ({ views }: PortalParts, { site, request }: Visit, lang: string, isSamePatient: boolean) => {
  const language = languageOf(lang === '' ? request.headers['accept-language'] : lang)
  // The script puts the time in.
  const say = (name: string) => views.text({ site: site.site, language }, `session.${name}`, { time: '{time}' })
  const texts = Object.fromEntries(TEXTS.map((name) => [name, say(name)]))
  return isSamePatient ? texts : { ...texts, other: say('patient'), otherWords: say('patientWords') }
}

/**
 * What assets/session.js needs: seconds left if nobody does anything, and in any case; a mark of the person, and whether it
 * is that of the page, so that nobody goes on with the page of somebody else (R28); its texts, when it has none yet.
 */
const describe = (parts: PortalParts, request: Request, { record }: LiveSession, left: TimeLeft) => {
  const visit = visitOf(request)
  const { owners } = parts.forms
  const [person = '', patient] = textOf(request.query, 'person').split('.')
  const { lang } = request.query
  // The patient that a call has opened takes the place of the one before in every tab: the page of that one is told.
  const isSamePatient = patient === undefined || patient === (record.call?.patient ?? '')
  const mark = owners.markOf(record) + (record.call === undefined ? '' : `.${record.call.patient ?? ''}`)
  return {
    session: { left: seconds(left.idle), absolute: seconds(left.absolute), person: mark },
    ...(person === '' ? {} : { same: owners.isMarkOf(person, record) && isSamePatient }),
    ...(lang === undefined && isSamePatient
      ? {}
      : { texts: textsIn(parts, visit, textOf(request.query, 'lang'), isSamePatient) }),
  }
}

/**
 * GET: whether this browser is signed in, for the pages' own script, because another tab may have finished (R4); and how long
 * the session has left, for the script of the application's pages (G9). Asking is no activity (R29).
 */
export const showSession =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const live = await liveSession(visit)
    const left = live === null ? null : await parts.expiry.left(live)
    if (live === null || left === null) {
      response.json({ signedIn: false })
      return
    }
    const target = parts.targets.open(visit.site.site.site, textOf(request.query, 'to'))
    const isIn = maySee(visit, live, target?.path ?? '/', parts.clock.now())
    const here = isIn ? { signedIn: true, continue: destinationOf(visit.site, target) } : { signedIn: false }
    response.json({ ...here, ...describe(parts, request, live, left) })
  }

/** POST « Rester connecté »: the person's word that they are still there, from a script of this site only. */
export const stayConnected =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    if (request.headers[STAY_HEADER] !== '1' || saysSameOrigin(request) !== true) {
      parts.refusals.refuse(visit, 'cross-site')
      return
    }
    const live = await liveSession(visit)
    const left = live === null ? null : await parts.expiry.stay(live)
    response.json(live === null || left === null ? {} : describe(parts, request, live, left))
  }
