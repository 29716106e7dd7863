import type { Clock } from '../lib/clock.ts'
import { parseTarget } from '../lib/path.ts'
import type { ReturnTarget } from '../lib/return-target.ts'
import { REMEMBERED_LEVEL, rememberedProofs } from '../policy/remember-device.ts'
import type { BroughtDevice } from '../sign-in/remembered.ts'
import { readCookie } from './cookies.ts'
import { isAccountPage } from './destination.ts'
import type { Visit } from './visit.ts'

/**
 * What the browser brings to a sign-in. Whoever goes to a page that wants more than a remembered device gives, or to change
 * how they sign in, proves everything: a session that has to be opened twice would send them round in circles (R25, R31).
 */
export const broughtDevice = (visit: Visit, { path }: ReturnTarget, clock: Clock): BroughtDevice => {
  const { site, request, address } = visit
  return {
    secret: readCookie(request, site, 'device'),
    isEnough: (account, way) => {
      const target = parseTarget('GET', path)
      if (isAccountPage(site, path) || !target.ok) return false
      const { id, login, name, givenName, familyName, email, nationalId, roles } = account
      const now = clock.now()
      const person = { account: id, login, name, givenName, familyName, email, nationalId, roles }
      const proof = {
        way: way.id,
        level: REMEMBERED_LEVEL,
        methods: rememberedProofs(way),
        authenticatedAt: now,
      } as const
      const subject = { kind: 'signed-in', ...person, ...proof } as const
      return site.policy.decide(target.value, subject, { address, now }).verdict !== 'sign-in'
    },
  }
}
