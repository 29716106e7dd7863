import type { Account } from '../accounts/directory.ts'
import { REMEMBERED_LEVEL, rememberedProofs, rememberFor } from '../policy/remember-device.ts'
import type { MethodId, Way } from '../policy/schema.ts'
import type { Attempt } from './attempt.ts'
import type { FlowSite } from './flow-site.ts'
import { createOffers, type StageParts } from './stage.ts'
import type { FlowParts, Proven } from './under-way.ts'
import { completedWay, waysFor } from './way.ts'

/** What the browser of a sign-in brings along. */
export interface BroughtDevice {
  /** Its cookie, as it came. */
  readonly secret: string | undefined
  /** Whether the page that the person goes to is open to a session of this way on a remembered device. */
  readonly isEnough: (account: Account, way: Way) => boolean
}

/** What of a flow can leave a second factor out. */
export type RememberedParts = Pick<FlowParts, keyof StageParts | 'devices' | 'clock'>

/** How long this browser could be remembered once the method is proved too, milliseconds; null: not at all. */
export const rememberTime = (
  at: FlowSite,
  account: Account,
  { proved }: Pick<Attempt, 'proved'>,
  method: MethodId,
): number | null => {
  const way = completedWay(waysFor(at.ways, account.roles).open, [...proved, method])
  return way === null ? null : rememberFor(at.site, way)
}

/** The way whose second factor need not be proved in this browser now; null: it has to be. */
const rememberedWay = async (
  parts: RememberedParts,
  at: FlowSite,
  account: Account,
  { secret, isEnough }: BroughtDevice,
): Promise<Way | null> => {
  const remembrance = await parts.devices.remembrance(account.id, secret)
  if (remembrance === null) return null
  const way = waysFor(at.ways, account.roles).open.find(({ id }) => id === remembrance.way)
  const time = way === undefined ? null : rememberFor(at.site, way)
  // Whatever was promised then, the policy of today counts.
  if (way === undefined || time === null || remembrance.since + time <= parts.clock.now()) return null
  if (!isEnough(account, way)) return null
  return (await createOffers(parts)(at.site, account, [way])).length > 0 ? way : null
}

/**
 * What somebody has proved who was asked for the password alone, because the second factor was proved in this browser
 * before (R25); null when it is asked for. Whoever has something to settle first proves everything.
 */
export const provenOnDevice = async (
  parts: RememberedParts,
  at: FlowSite,
  attempt: Attempt,
  account: Account,
  brought: BroughtDevice,
): Promise<Proven | null> => {
  const way = await rememberedWay(parts, at, account, brought)
  if (way === null || (await parts.obligationOf(at, account, attempt)) !== null) return null
  const { target, then } = attempt
  return { account, way, methods: rememberedProofs(way), level: REMEMBERED_LEVEL, target, then, remember: null }
}
