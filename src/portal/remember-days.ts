import type { Response } from 'express'
import { rememberTime } from '../sign-in/remembered.ts'
import type { UnderWay } from '../sign-in/under-way.ts'
import { flowSite } from './flow-site.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'

const DAY = 86_400_000

/** Days for which the page of a second factor offers not to ask for it again in this browser; null: it does not offer it. */
export const rememberDays = (
  parts: PortalParts,
  response: Response,
  { attempt, account, stage }: UnderWay,
): number | null => {
  if (stage.kind !== 'answer') return null
  const time = rememberTime(flowSite(visitOf(response.req), parts.clock), account, attempt, stage.offer.method)
  return time === null ? null : Math.max(1, Math.round(time / DAY))
}
