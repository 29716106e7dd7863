import { fold } from './fold.ts'
import type { AccountDetails } from './record.ts'

/**
 * Whether each word of the search stands somewhere in what identifies the account. Done here and not by the database:
 * SQLite knows the case of ASCII letters only, and PostgreSQL's answer hangs on the locale it was created with.
 */
export const matches = (account: AccountDetails, search: string): boolean => {
  const text = fold([account.login, account.name, account.email ?? '', account.nationalId ?? ''].join('\n'))
  return fold(search)
    .split(/\s+/)
    .every((word) => text.includes(word))
}

const collator = new Intl.Collator('fr')

/** By family name, then the whole name, then login, in French order on every machine. */
export const byName = (a: AccountDetails, b: AccountDetails): number =>
  collator.compare(a.familyName, b.familyName) || collator.compare(a.name, b.name) || collator.compare(a.login, b.login)
