import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuditTrail } from '../../audit/events.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { CardJudge, PresentedCard } from '../../methods/cps/judge.ts'
import type { Site } from '../../policy/schema.ts'
import type { Refusals } from '../errors.ts'
import { dress } from '../headers.ts'
import type { Views } from '../views.ts'
import type { PortalSite } from '../visit.ts'
import type { CardJourney, CardJourneys, CardReason, CardTicket } from './journeys.ts'

/** A request to the card listener, with what was shown in its handshake, or to the front before it. */
export interface CardArrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly reference: string
  readonly address: string | undefined
  /** Null: nothing was shown. Refused: a front handed over what opens nothing; `shown` says what it was. */
  readonly card: Result<PresentedCard | null, { readonly fault: string; readonly shown: PresentedCard | null }>
}

export interface CardDoorParts {
  readonly journeys: CardJourneys
  readonly judge: CardJudge
  readonly siteOf: (name: string) => PortalSite | undefined
  readonly refusals: Refusals
  readonly views: Pick<Views, 'contentSecurityPolicy'>
  readonly trail: Pick<AuditTrail, 'record'>
}

interface Named {
  readonly serial: string | null
  readonly issuer: string | null
}

/** For the trail: enough to find the card by, at the authority and in the person's pocket. */
const traceOf = ({ serial, issuer }: Named): string =>
  serial === null ? 'no certificate' : `serial ${serial}, issuer ${issuer ?? '?'}`

interface Refused {
  readonly reason: CardReason
  /** For the trail. */
  readonly detail: string
}

const refused = (reason: CardReason, ...more: readonly string[]) =>
  refuse({ reason, detail: [reason, ...more].join(', ') })

const verdictOn = async (
  parts: CardDoorParts,
  { card }: CardArrival,
  site: Site,
): Promise<Result<{ readonly nationalId: string; readonly trace: string }, Refused>> => {
  const shown = card.ok ? card.value : card.reason.shown
  const fault = card.ok ? null : card.reason.fault
  if (shown === null) return fault === null ? refused('none') : refused('malformed', `front: ${fault}`)
  const judged = await parts.judge.judge(shown, site)
  if (!judged.ok) return refused(judged.reason.reason, judged.reason.cause, traceOf(judged.reason))
  const trace = traceOf(judged.value)
  // What the front did not vouch for opens nothing, however good it is (K-03).
  if (fault !== null) return refused('untrusted', `front: ${fault}`, trace)
  return accept({ nationalId: judged.value.nationalId, trace })
}

/** What became of the card; a refusal is in the trail even when the browser never comes back. */
const outcomeOf = async (parts: CardDoorParts, arrival: CardArrival, site: Site): Promise<CardTicket['outcome']> => {
  const verdict = await verdictOn(parts, arrival, site)
  if (verdict.ok) return { kind: 'shown', ...verdict.value }
  const { address, reference } = arrival
  const { reason, detail } = verdict.reason
  const where = { site: site.site, reference, ...(address === undefined ? {} : { address }) }
  parts.trail.record({ event: 'sign-in.card-refused', method: 'cps', detail, ...where })
  return { kind: 'refused', reason, reference }
}

const NOTHING = { journey: '', attempt: null }

const handlesOf = ({ url = '' }: IncomingMessage): { readonly journey: string; readonly attempt: string | null } => {
  if (!url.startsWith('/?')) return NOTHING
  const query = new URLSearchParams(url.slice(2))
  return { journey: query.get('journey') ?? '', attempt: query.get('attempt') }
}

const backHref = ({ origin, prefix }: PortalSite, ticket: string, to: string, attempt: string | null): string => {
  const query = new URLSearchParams({ ticket, ...(attempt === null ? {} : { attempt }), ...(to === '' ? {} : { to }) })
  return `${origin}${prefix}/card/return?${query.toString()}`
}

/**
 * What stands behind the card listener. It knows one address, `/?journey=…`: the card is judged, what became of it is put
 * under a fresh ticket, and the browser goes back to its site. Every connection ends with its answer, so that the next try
 * is a handshake of its own (R36).
 */
export const createCardDoor = (parts: CardDoorParts): ((arrival: CardArrival) => void) => {
  const sendBack = async (arrival: CardArrival, journey: CardJourney, attempt: string | null): Promise<void> => {
    const { request, response } = arrival
    const site = parts.siteOf(journey.site)
    if (site === undefined) {
      parts.refusals.refuse(arrival, 'card-page-over')
      return
    }
    const outcome = await outcomeOf(parts, arrival, site.site)
    const ticket = await parts.journeys.issue({ ...journey, outcome })
    dress(request, response, parts.views.contentSecurityPolicy(null), true)
    response.writeHead(303, {
      Location: backHref(site, ticket, journey.to, attempt),
      'Content-Length': '0',
      'Cache-Control': 'no-store',
      'X-Portillon': 'page',
    })
    response.end()
  }

  const answer = async (arrival: CardArrival): Promise<void> => {
    const { request } = arrival
    const { journey: handle, attempt } = handlesOf(request)
    if (handle === '') {
      parts.refusals.refuse(arrival, 'not-found')
      return
    }
    if (request.method !== 'GET') {
      arrival.response.setHeader('Allow', 'GET')
      parts.refusals.refuse(arrival, 'method-not-allowed')
      return
    }
    const journey = await parts.journeys.take(handle)
    if (journey === null) parts.refusals.refuse(arrival, 'card-page-over')
    else await sendBack(arrival, journey, attempt)
  }

  return (arrival) => {
    arrival.response.shouldKeepAlive = false
    answer(arrival).catch((thrown: unknown) => parts.refusals.fail(arrival, thrown))
  }
}
