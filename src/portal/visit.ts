import type { IncomingMessage, ServerResponse } from 'node:http'
import { isInFrame } from '../lib/framed.ts'
import type { Target } from '../lib/target.ts'
import type { Decision } from '../policy/decide.ts'
import type { Site } from '../policy/schema.ts'
import type { WaysNow } from '../policy/ways.ts'
import type { Subject } from '../policy/subject.ts'
import type { PeekResult } from '../session/peek.ts'

/** A site as the pages see it. */
export interface PortalSite {
  readonly site: Site
  readonly origin: string
  /** Whether browsers reach the site over https; only a demonstration on this machine may say no. */
  readonly secure: boolean
  /** This page is shown in a frame of a record system that the policy lists: its cookies are those of the frame (R26). */
  readonly isFramed?: boolean
  readonly prefix: string
  readonly realm: string
  readonly policy: PortalPolicy
  /** Reads the session that a Cookie header names; throws a Fault when the store does not answer. */
  peek(cookies: string | undefined): PeekResult | Promise<PeekResult>
}

export interface PortalPolicy {
  decide(target: Target, subject: Subject, context: { address: string | undefined; now: number }): Decision
  isUpstreamSignOut(path: string): boolean
  waysAt(now: number, address: string | undefined): WaysNow
}

/** A request to one of the gate's own pages, already judged well formed by the data path. */
export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly site: PortalSite
  readonly target: Target
  readonly address: string | undefined
  readonly reference: string
}

const visits = new WeakMap<IncomingMessage, Visit>()

/** The same visit, as its frame has it: only sites that list record systems have frames at all. */
const inItsFrame = (visit: Visit): Visit => {
  const frames = visit.site.site['contextual-call']?.frames ?? []
  return frames.length > 0 && isInFrame(visit.request.headers)
    ? { ...visit, site: { ...visit.site, isFramed: true } }
    : visit
}

/** Ties a visit to its request, so that express handlers find what the data path has already established. */
export const rememberVisit = (visit: Visit): Visit => {
  const here = inItsFrame(visit)
  visits.set(visit.request, here)
  return here
}

/** @throws {Error} for a request that did not come through the data path */
export const visitOf = (request: IncomingMessage): Visit => {
  const visit = visits.get(request)
  if (visit === undefined) throw new Error('a page was asked for around the data path')
  return visit
}
