import type { Factor } from './factor-row.ts'
import type { FactorParts } from './factors.ts'
import { addNamed, findNamed } from './named-factor.ts'

export interface NewCredential {
  /** The credential id, as browsers say it. */
  readonly credential: string
  readonly label: string
  /** What its statements are verified with. */
  readonly secret: string
  /** The signature counter that it was made with. */
  readonly counter: number
}

/** What passkeys need of the factors' table that no other factor does: they are found by a name of their own. */
export interface PasskeyCredentials {
  /** Null when the credential is known already, be it somebody else's (WebAuthn §7.1, step 26). */
  add(account: string, fields: NewCredential): Promise<Factor | null>
  /** Whose it is; null for a stranger's. */
  find(credential: string): Promise<Factor | null>
  /**
   * Takes the signature counter of a use, once on all nodes: false when it is not above the last one. Authenticators that
   * do not count say 0 every time; one that has counted may not begin to say 0 (WebAuthn §7.2, step 22).
   */
  countUp(id: string, counter: number): Promise<boolean>
}

export const createPasskeyCredentials = (parts: FactorParts): PasskeyCredentials => ({
  add: (account, { credential, ...fields }) =>
    addNamed(parts, account, { kind: 'passkey', name: credential, ...fields }),
  find: (credential) => findNamed(parts, 'passkey', credential),
  countUp: async (id, counter) => {
    const { numUpdatedRows } = await parts.db
      .updateTable('factors')
      .set({ counter, used_at: parts.clock.now() })
      .where('id', '=', id)
      .where('counter', '<', Math.max(counter, 1))
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },
})
