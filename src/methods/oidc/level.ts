import { accept, refuse, type Result } from '../../lib/result.ts'
import type { Level, ProviderProfile } from './profile.ts'

export type LevelRefusal = 'acr-refused' | 'acr-absent'

/**
 * What the proof is worth that the provider had: by a list of the site, never by comparing texts with what was asked for.
 * Pro Santé Connect has been seen to say `eidas1`, `eidas2` and nothing at all for the same request (J-11).
 */
export const levelOf = ({ acr }: Pick<ProviderProfile, 'acr'>, said: unknown): Result<Level, LevelRefusal> => {
  if (said === undefined || said === '') return acr.absent === 'refused' ? refuse('acr-absent') : accept(acr.absent)
  const level = typeof said === 'string' ? acr.accepted.get(said) : undefined
  return level === undefined ? refuse('acr-refused') : accept(level)
}
