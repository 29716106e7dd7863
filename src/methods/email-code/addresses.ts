import type { Account } from '../../accounts/directory.ts'
import type { Factors } from '../../accounts/factors.ts'
import { maskEmail } from '../../lib/masked-email.ts'
import type { Offer } from '../../sign-in/method.ts'

/** The address that the account was registered with; the others are named by the id of their factor. */
export const REGISTERED = 'registered'

/** The addresses to which a code may go: the registered one, and those that the person has confirmed (seed 001). */
export const offersOf = async (factors: Pick<Factors, 'of'>, account: Account): Promise<readonly Offer[]> => {
  const confirmed = await factors.of(account.id, 'email')
  const all = [
    ...(account.email === null ? [] : [{ choice: REGISTERED, address: account.email }]),
    ...confirmed.map(({ id, label }) => ({ choice: id, address: label })),
  ]
  const known = new Set<string>()
  const once = all.filter(({ address }) => {
    const key = address.toLowerCase()
    return known.has(key) ? false : known.add(key)
  })
  return once.map(({ choice, address }) => ({ method: 'email-code', choice, label: maskEmail(address) }))
}

/** The stored address of a choice, or null when it is no longer the account's (T-10). */
export const addressOf = async (
  factors: Pick<Factors, 'find'>,
  account: Account,
  choice: string,
): Promise<string | null> => {
  if (choice === REGISTERED) return account.email
  const factor = await factors.find(account.id, choice)
  return factor?.kind === 'email' ? factor.label : null
}
