import type { Account } from '../../accounts/directory.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { FlowSite } from '../../sign-in/flow-site.ts'
import type { RecogniseRefusal, StatementFault } from '../../sign-in/method.ts'
import { judgeAssertion } from './assertion.ts'
import { readAsserted } from './browser-answer.ts'
import { takeChallenge } from './challenge.ts'
import type { PasskeyParts } from './parts.ts'
import { relyingPartyOf } from './relying-party.ts'
import { isHandleOf } from './user-handle.ts'

/**
 * Finds out who somebody is by a passkey alone. Whether the account is open is looked at last, after the signature: a closed
 * account and an open one whose signature is wrong cannot be told apart by what they cost (C-02).
 */
export const recognise = async (
  parts: PasskeyParts,
  { site, realm }: Pick<FlowSite, 'site' | 'realm'>,
  browser: string,
  given: string,
): Promise<Result<Account, RecogniseRefusal>> => {
  const unproven = (cause: StatementFault, account: Account | null = null) =>
    refuse({ reason: 'unproven' as const, cause, account })
  const asserted = readAsserted(given)
  if (asserted === null) return unproven('malformed')
  const challenge = await takeChallenge(parts, { for: 'browser', digest: `${site.site}.${browser}` })
  if (challenge === null) return refuse({ reason: 'expired' })
  const factor = await parts.credentials.find(asserted.id)
  if (factor === null) return unproven('unknown')
  const account = await parts.directory.findById(realm, factor.account)
  if (account === null) return unproven('foreign')
  const { userHandle } = asserted.response
  // Without a login, the passkey itself has to say whose it is (WebAuthn §7.2, step 6).
  if ((userHandle ?? null) === null || !isHandleOf(account.id, userHandle)) return unproven('foreign', account)
  const judged = await judgeAssertion(parts, { asserted, factor, challenge, party: relyingPartyOf(site) })
  if (!judged.ok) return unproven(judged.reason, account)
  return account.disabled ? unproven('disabled', account) : accept(account)
}
