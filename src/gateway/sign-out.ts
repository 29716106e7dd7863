import type { Allowed } from './exchange.ts'

export interface Leaving extends Allowed {
  /** The application's own sign-out was asked for: the answer also takes the gate's cookies away. */
  readonly isLeaving: boolean
}

/**
 * Seventh step: the application's own sign-out address ends the gate's session too, before the application hears of it, so
 * that a sign-out holds even when the application does not answer (R16).
 */
export const signOut =
  (endSession: (digest: string, input: Allowed) => Promise<void>) =>
  (input: Allowed): Leaving | Promise<Leaving> => {
    const { exchange, session } = input
    const isLeaving = session !== null && exchange.site.policy.isUpstreamSignOut(exchange.target.path)
    const leaving: Leaving = { ...input, isLeaving }
    return isLeaving ? endSession(session, input).then(() => leaving) : leaving
  }
