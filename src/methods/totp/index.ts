import { accept, refuse } from '../../lib/result.ts'
import type { ConfirmingMethod } from '../../sign-in/method.ts'
import { answer } from './answer.ts'
import { digitsOf } from './code.ts'
import type { TotpParts } from './parts.ts'

/** A code of an authenticator application (RFC 6238; seed 001; T-15 to T-17, R24). */
export const createTotpMethod = (parts: TotpParts): ConfirmingMethod => ({
  id: 'totp',
  offers: async (_site, account) =>
    (await parts.factors.of(account.id, 'totp')).map(({ id, label }) => ({ method: 'totp', choice: id, label })),
  begin: async ({ account, choice }) => {
    const factor = await parts.factors.find(account.id, choice)
    return factor?.kind === 'totp' ? accept(undefined) : refuse({ reason: 'not-enrolled' })
  },
  isAnswer: (_site, given) => digitsOf(given) !== null,
  answer: (question, given) => answer(parts, question, given),
})
