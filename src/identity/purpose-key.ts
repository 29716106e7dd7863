import type { PurposeKey } from '../lib/digest.ts'
import type { Keyring } from './keyring.ts'

/** A key of its own for each purpose, so that what is made for one never serves another. */
export const purposeKey = (keyring: Pick<Keyring, 'derive' | 'deriveAll'>, purpose: string): PurposeKey => ({
  current: () => keyring.derive(purpose),
  every: () => keyring.deriveAll(purpose),
})
