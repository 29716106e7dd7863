import type { Request, Response } from 'express'
import type { MethodId, Way } from '../../policy/schema.ts'
import { nextMethods, waysFor } from '../../sign-in/way.ts'
import { destinationOf, signInHref } from '../destination.ts'
import { endingWay } from '../ending-way.ts'
import { textOf } from '../form.ts'
import { liveSession } from '../live.ts'
import type { PortalParts } from '../portal-parts.ts'
import { ENROLMENT_PAGES } from '../sign-in-steps.ts'
import { visitOf } from '../visit.ts'

/** Where somebody sets a method up, below the prefix; all others stand on the page of the account. */
const SET_UP: Readonly<Partial<Record<MethodId, string>>> = { ...ENROLMENT_PAGES, 'email-code': 'account/address' }

/** Ways that are still open when this one is over. */
const outlast = (ways: readonly Way[], { until = '' }: Way): readonly Way[] =>
  ways.filter((way) => way.until === undefined || way.until > until)

/** GET, once after each sign-in by a way about to end: until when, and what can take its place now (G8). */
export const showEnding =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const to = textOf(request.query, 'to')
    const live = await liveSession(visit)
    if (live === null) {
      parts.pages.go(response, signInHref(site, to))
      return
    }
    const continueHref = destinationOf(site, parts.targets.open(site.site.site, to))
    const now = parts.clock.now()
    const { realm, account: id, way: used, roles } = live.record
    const way = endingWay(visit, used, now)
    const account = way === undefined ? null : await parts.directory.findById(realm, id)
    if (way?.until === undefined || account === null) {
      parts.pages.go(response, continueHref)
      return
    }
    const others = outlast(waysFor({ ...site.policy.waysAt(now, visit.address), inGrace: [] }, roles).open, way)
    const offered = await parts.offersOf(site.site, account, others)
    const ready = [...new Set(offered.map(({ method }) => method))]
    const missing = nextMethods(others, ['password']).filter((method) => !ready.includes(method))
    parts.pages.show(response, 'ending', {
      kind: way.methods.at(-1) ?? 'password',
      endsOn: way.until,
      ready: ready.map((method) => ({ method })),
      possible: missing.map((method) => ({ method, href: `${site.prefix}/${SET_UP[method] ?? 'account'}` })),
      continueHref,
    })
  }
