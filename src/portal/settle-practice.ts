import type { Response } from 'express'
import type { Answered } from '../methods/oidc/answer.ts'
import { practicesOf } from '../methods/oidc/practices.ts'
import type { Provider } from '../methods/oidc/provider.ts'
import type { StateHolder } from '../methods/oidc/sign-in-state.ts'
import { practiceKey, type Practice } from '../policy/practice.ts'
import { linkTarget } from './link-evidence.ts'
import { liveSession } from './live.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'

/** Below the prefix. */
export const PRACTICE = '/pro-sante-connect/practice'

/** Somebody who is signed in and presents it to link it opens no session with it. */
const isLinking = async (parts: PortalParts, response: Response, { attempt, to }: Answered['state']) => {
  const visit = visitOf(response.req)
  const target = parts.targets.open(visit.site.site.site, to)
  return attempt === '' && target?.path === linkTarget(visit.site).path && (await liveSession(visit)) !== null
}

/**
 * In which practice the session is to begin: the only one there is, or the one that was remembered and is still among them.
 * Null where none is told or none is wanted; `asked` once the person has been led to the page that asks, with the proof kept
 * for them meanwhile. It is settled before the session opens, because a session is written once.
 */
export const settlePractice = async (
  parts: PortalParts,
  response: Response,
  { profile }: Pick<Provider, 'profile'>,
  holder: StateHolder,
  { proof, state }: Answered,
): Promise<Practice | null | 'asked'> => {
  const { identity, level, subject, sid, userinfo } = proof
  if (!profile.asksPractice || identity.kind !== 'national-id') return null
  const practices = practicesOf(userinfo)
  if (practices.length <= 1) return practices[0] ?? null
  if (await isLinking(parts, response, state)) return null
  const { site } = visitOf(response.req)
  const found = await parts.identities.find(site.realm, identity)
  // Nobody, or several: whoever is refused afterwards is asked for nothing first.
  if (!found.ok) return null
  const account = found.value.id
  const remembered = await parts.rememberedPractices.of(account, holder.site)
  const again = practices.find((practice) => practiceKey(practice) === remembered?.practice)
  if (again !== undefined) return again
  const { nationalId } = identity
  const { attempt, to } = state
  const waiting = { account, nationalId, maxLevel: level, issuer: profile.issuer, subject, sid, attempt, practices }
  const pending = await parts.providers.practices.offer(holder, { ...waiting, practices: [...practices] })
  parts.pages.go(response, `${site.prefix}${PRACTICE}?${new URLSearchParams({ pending, to }).toString()}`)
  return 'asked'
}
