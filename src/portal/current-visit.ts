import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../lib/clock.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import type { Visitor } from '../sign-in/visitor.ts'
import { flowSite } from './flow-site.ts'
import type { Visit } from './visit.ts'
import { visitorOf } from './visitor.ts'

const visits = new AsyncLocalStorage<Visit>()

/** Answers a visit; whatever is done meanwhile on its behalf, however deep, finds it. */
export const duringVisit = (visit: Visit, answer: () => void): void => visits.run(visit, answer)

/**
 * Where what is being done now is done from, and by whom; null outside a page. For what must be told of every change and
 * must not depend on each page thinking of it: everything else is handed its visit.
 */
export const currentVisit = (
  clock: Clock,
): { readonly at: FlowSite; readonly visitor: Omit<Visitor, 'browser'> } | null => {
  const visit = visits.getStore()
  return visit === undefined ? null : { at: flowSite(visit, clock), visitor: visitorOf(visit, '') }
}
