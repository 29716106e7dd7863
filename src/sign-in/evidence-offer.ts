import type { Identities } from '../accounts/identities.ts'
import { accept } from '../lib/result.ts'
import type { EvidenceMethod } from './evidence.ts'
import type { OfferedMethod } from './method.ts'

/** There is one card, one account at a provider: nothing to choose among. */
const THE_ONE = 'own'

/**
 * A proof from outside as a second factor: it is offered to whoever it could name. Its question is put on a page of its
 * own, and answered by `flow.present`.
 */
export const createEvidenceOffer = (id: EvidenceMethod, identities: Pick<Identities, 'isNamed'>): OfferedMethod => ({
  id,
  offers: async (_site, account) =>
    (await identities.isNamed(account)) ? [{ method: id, choice: THE_ONE, label: '' }] : [],
  begin: () => Promise.resolve(accept(undefined)),
})
