import { isForRoles, type WaysNow } from '../policy/ways.ts'
import type { MethodId, Way } from '../policy/schema.ts'
import { isEvidenceMethod } from './evidence.ts'

/** What of a way is not proved yet, in its order: methods that were proved beside it do no harm. */
const remaining = (way: Pick<Way, 'methods'>, proved: readonly MethodId[]): readonly MethodId[] => {
  let done = 0
  for (const method of proved) if (way.methods[done] === method) done += 1
  return way.methods.slice(done)
}

/** A way that begins with a card or at a provider has its own button: whoever has begun another one is not asked about it. */
const isBegun = ({ methods: [first] }: Pick<Way, 'methods'>, proved: readonly MethodId[]): boolean =>
  first === undefined || !isEvidenceMethod(first) || proved.includes(first)

/** The methods that would bring somebody further on any of these ways; each once, in the order of the ways. */
export const nextMethods = (ways: readonly Way[], proved: readonly MethodId[]): readonly MethodId[] => {
  const next = ways
    .filter((way) => isBegun(way, proved))
    .map((way) => remaining(way, proved)[0])
    .filter((method) => method !== undefined)
  return [...new Set(next)]
}

/** The best way of which everything is proved, in the way's own order (T-14); the first of the file among equals. */
export const completedWay = (ways: readonly Way[], proved: readonly MethodId[]): Way | null => {
  const complete = ways.filter((way) => remaining(way, proved).length === 0)
  return complete.reduce<Way | null>((best, way) => (best === null || way.level > best.level ? way : best), null)
}

/** The ways that one account may use now. */
export interface AccountWays {
  readonly open: readonly Way[]
  readonly inGrace: readonly Way[]
}

export const waysFor = (
  { open, inGrace }: Pick<WaysNow, 'open' | 'inGrace'>,
  roles: readonly string[],
): AccountWays => ({
  open: open.filter((way) => isForRoles(way, roles)),
  inGrace: inGrace.filter((way) => isForRoles(way, roles)),
})
