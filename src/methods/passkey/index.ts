import { digest } from '../../lib/digest.ts'
import { accept, refuse } from '../../lib/result.ts'
import type { Attempt } from '../../sign-in/attempt.ts'
import type { ConfirmingMethod, RecognisingMethod } from '../../sign-in/method.ts'
import type { Site } from '../../policy/schema.ts'
import { answer } from './answer.ts'
import { optionsToAsk } from './ask.ts'
import { readAsserted } from './browser-answer.ts'
import { enrolledAt } from './enrolled.ts'
import type { PasskeyParts } from './parts.ts'
import { recognise } from './recognise.ts'
import { relyingPartyOf } from './relying-party.ts'

/** All passkeys of an account are one thing to be asked for: which of them is at hand, the browser knows. */
export const ANY_PASSKEY = 'any'

export interface Passkeys extends ConfirmingMethod, RecognisingMethod {
  readonly id: 'passkey'
  /** What the page of an attempt hands to the browser, as JSON. The challenge of a former page of it is dead. */
  question(site: Site, attempt: Attempt): Promise<string>
  /** The same without a login, for a browser of ours. */
  invitation(site: Site, browser: string): Promise<string>
}

/**
 * Passkeys (WebAuthn level 3): a key pair that an authenticator makes for this site alone and opens for a person who has
 * proved to it who they are. A page that imitates ours gets nothing from it.
 */
export const createPasskeys = (parts: PasskeyParts): Passkeys => ({
  id: 'passkey',
  offers: async (site, account) => {
    const enrolled = await enrolledAt(parts, account.id, relyingPartyOf(site))
    const names = enrolled.map(({ factor }) => factor.label).filter((label) => label !== '')
    return enrolled.length === 0 ? [] : [{ method: 'passkey', choice: ANY_PASSKEY, label: names.join(', ') }]
  },
  // The challenge is drawn with the page: a passkey needs one that is fresh when somebody looks at it.
  begin: async ({ site, account }) => {
    const enrolled = await enrolledAt(parts, account.id, relyingPartyOf(site))
    return enrolled.length === 0 ? refuse({ reason: 'not-enrolled' }) : accept(undefined)
  },
  isAnswer: (_site, given) => readAsserted(given) !== null,
  answer: (question, given) => answer(parts, question, given),
  question: (site, attempt) => optionsToAsk(parts, { for: 'attempt', digest: attempt.digest }, site, attempt.account),
  invitation: (site, browser) => optionsToAsk(parts, { for: 'browser', digest: `${site.site}.${browser}` }, site, null),
  claimOf: (given) => {
    const asserted = readAsserted(given)
    return asserted === null ? null : digest(asserted.id)
  },
  recognise: (at, browser, given) => recognise(parts, at, browser, given),
})
