import type { Factor, Factors } from './factors.ts'
import type { Identities } from './identities.ts'
import type { PasskeyCredentials } from './passkey-credentials.ts'

/** What somebody added to, or took away from, the means of an account. */
export interface FactorChange {
  readonly change: 'added' | 'removed'
  readonly factor: Pick<Factor, 'id' | 'account' | 'kind' | 'label'>
}

/**
 * Factors of which no change escapes: whatever method adds or removes one, somebody is told (R31).
 * @param changed is waited for, and must not throw: the change is done by then
 */
export const watchFactors = (factors: Factors, changed: (change: FactorChange) => Promise<void>): Factors => ({
  ...factors,
  add: async (account, fields) => {
    const factor = await factors.add(account, fields)
    await changed({ change: 'added', factor })
    return factor
  },
  remove: async (account, id) => {
    const factor = (await factors.of(account)).find((one) => one.id === id)
    const isGone = await factors.remove(account, id)
    if (!isGone || factor === undefined) return isGone
    // A sheet of codes that made room for another one: of that one they are told.
    const isReplaced = factor.kind === 'recovery-codes' && (await factors.of(account, 'recovery-codes')).length > 0
    if (!isReplaced) await changed({ change: 'removed', factor })
    return isGone
  },
  removeAll: async (account) => {
    const all = await factors.of(account)
    const count = await factors.removeAll(account)
    for (const factor of all) await changed({ change: 'removed', factor })
    return count
  },
})

/** Passkeys, which have a door of their own to the same table. */
export const watchCredentials = (
  credentials: PasskeyCredentials,
  changed: (change: FactorChange) => Promise<void>,
): PasskeyCredentials => ({
  ...credentials,
  add: async (account, fields) => {
    const factor = await credentials.add(account, fields)
    if (factor !== null) await changed({ change: 'added', factor })
    return factor
  },
})

/** Cards and accounts at providers, which have another one. */
export const watchIdentities = (
  identities: Identities,
  changed: (change: FactorChange) => Promise<void>,
): Identities => ({
  ...identities,
  link: async (account, identity) => {
    const linked = await identities.link(account, identity)
    if (linked.ok && linked.value !== null) await changed({ change: 'added', factor: linked.value })
    return linked
  },
})
