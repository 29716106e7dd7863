import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'

/** So long that it means « until it is taken back ». */
const LIFETIME = 3_650 * 86_400_000

/** A word of an operator that holds on all nodes at once, whatever the policy says. */
export interface Suspension {
  isSuspended(partner: string): Promise<boolean>
  suspend(partner: string): Promise<void>
  /** False when it was not suspended by a command. */
  resume(partner: string): Promise<boolean>
}

export const createSuspension = (store: Store, site: string): Suspension => ({
  isSuspended: async (partner) => (await store.get(keys.callSuspended(site, partner))) !== null,
  suspend: async (partner) => {
    await store.set(keys.callSuspended(site, partner), '1', LIFETIME)
  },
  resume: (partner) => store.delete(keys.callSuspended(site, partner)),
})
