import type { Decision } from './access.ts'
import type { Rule } from './schema.ts'

/** What browsers may do with the answers of a rule. */
export interface Sharing {
  /** Whether they may be kept: as the application says, by the person's own browser alone, or not at all (W-12, R27). */
  readonly keep: 'as-said' | 'browser' | 'never'
  /** Pages of which sites may show or load them (W-13). */
  readonly shownIn: 'anywhere' | 'same-site' | 'own-pages'
  /** Foreign origins whose pages may speak here as the person (W-03, R9). */
  readonly origins: readonly string[]
}

const CLOSED: Sharing = { keep: 'never', shownIn: 'own-pages', origins: [] }

/**
 * Finds what browsers may do with an answer, from the decision that let the request pass. What was open to anyone may be
 * kept and shown by anyone; what needed a session may not, unless its rule says so. A public path in an odd spelling needed
 * a session: no cache may take it for the plain one.
 */
export const createSharing = (rules: readonly Rule[]): ((decision: Decision) => Sharing) => {
  const prepared = rules.map(({ id, allow, cache, embed, origins = [] }) => {
    const closed: Sharing = { keep: cache ?? CLOSED.keep, shownIn: embed ?? CLOSED.shownIn, origins }
    const open: Sharing = { keep: cache ?? 'as-said', shownIn: embed ?? 'anywhere', origins }
    return [id, { closed, open: allow === 'anyone' ? open : closed }] as const
  })
  const known = new Map(prepared)
  return ({ rule, reasons }) => {
    const found = known.get(rule)
    if (found === undefined) return CLOSED
    return reasons[0] === 'public' ? found.open : found.closed
  }
}
