import { z } from 'zod'
import type { Factor, Factors } from '../../accounts/factors.ts'
import { isSameDigest, type PurposeKey } from '../../lib/digest.ts'
import type { Random } from '../../lib/random.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { AnswerRefusal, ConfirmingMethod, Question } from '../../sign-in/method.ts'
import { digestOf, newCode, readCode, SET_SIZE } from './code.ts'

export interface RecoveryCodeParts {
  readonly factors: Factors
  readonly random: Random
  readonly key: PurposeKey
}

/** Digests of the codes that are left. */
const leftSchema = z.array(z.string())

const leftOf = ({ secret }: Factor): readonly string[] => leftSchema.parse(JSON.parse(secret ?? '[]'))

export interface RecoveryCodes extends ConfirmingMethod {
  /** A new set in place of the former one, which is dead; the codes are shown this once. */
  renew(account: string): Promise<readonly string[]>
  /** How many are left; null when none were ever made. */
  left(account: string): Promise<number | null>
}

const answer = async (
  { factors, key }: RecoveryCodeParts,
  { account, choice }: Question,
  given: string,
): Promise<Result<undefined, AnswerRefusal>> => {
  const factor = await factors.find(account.id, choice)
  const code = readCode(given)
  if (factor?.kind !== 'recovery-codes' || code === null) return refuse({ reason: 'wrong', left: null })
  const left = leftOf(factor)
  const digests = key.every().map((one) => digestOf(one, account.id, code))
  const rest = left.filter((one) => !digests.some((mine) => isSameDigest(one, mine)))
  if (rest.length === left.length) return refuse({ reason: 'wrong', left: null })
  // Among parallel answers on all nodes, one writes the shorter list (T-20).
  return (await factors.replaceSecret(factor, JSON.stringify(rest))) ? accept(undefined) : refuse({ reason: 'used' })
}

/** Codes on paper, for the day when the telephone is lost: each works once (T-20). */
export const createRecoveryCodes = (parts: RecoveryCodeParts): RecoveryCodes => {
  const { factors, random, key } = parts
  const setOf = async (account: string): Promise<Factor | undefined> =>
    (await factors.of(account, 'recovery-codes')).at(-1)
  return {
    id: 'recovery-code',
    offers: async (_site, account) => {
      const set = await setOf(account.id)
      return set === undefined || leftOf(set).length === 0
        ? []
        : [{ method: 'recovery-code', choice: set.id, label: '' }]
    },
    begin: async ({ account, choice }) =>
      (await factors.find(account.id, choice)) === null ? refuse({ reason: 'not-enrolled' }) : accept(undefined),
    isAnswer: (_site, given) => readCode(given) !== null,
    answer: (question, given) => answer(parts, question, given),
    renew: async (account) => {
      const codes = Array.from({ length: SET_SIZE }, () => newCode(random))
      const digests = codes.map((code) => digestOf(key.current(), account, readCode(code) ?? ''))
      const former = await factors.of(account, 'recovery-codes')
      await factors.add(account, { kind: 'recovery-codes', label: '', secret: JSON.stringify(digests) })
      await Promise.all(former.map(({ id }) => factors.remove(account, id)))
      return codes
    },
    left: async (account) => {
      const set = await setOf(account)
      return set === undefined ? null : leftOf(set).length
    },
  }
}
