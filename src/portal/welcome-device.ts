import type { Request } from 'express'
import { DEVICE_LIFETIME } from '../accounts/devices.ts'
import { calendarDay } from '../lib/calendar.ts'
import type { Proven } from '../sign-in/under-way.ts'
import { personOf } from '../sign-in/trace.ts'
import type { Visitor } from '../sign-in/visitor.ts'
import { cookieLine, readCookie } from './cookies.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'

/** Remembers with whom this browser signs in. @returns whether the person has signed in before, but never in this browser */
export const welcomeDevice = async (
  parts: PortalParts,
  request: Request,
  { account, way, remember }: Proven,
  visitor: Visitor,
): Promise<boolean> => {
  const { site, reference } = visitOf(request)
  const until = remember === null ? null : parts.clock.now() + remember
  const { secret, isNew } = await parts.devices.welcome({
    account: account.id,
    site: site.site.site,
    secret: readCookie(request, site, 'device'),
    label: visitor.device,
    address: visitor.address ?? '',
    remember: until === null ? null : { way: way.id, until },
  })
  request.res?.append('Set-Cookie', cookieLine(site, 'device', secret, Math.floor(DEVICE_LIFETIME / 1_000)))
  if (until !== null) {
    parts.trail.record({
      event: 'device.remembered',
      site: site.site.site,
      ...personOf(account),
      way: way.id,
      detail: `until ${calendarDay(until)}`,
      reference,
      ...(visitor.address === undefined ? {} : { address: visitor.address }),
    })
  }
  return isNew
}
