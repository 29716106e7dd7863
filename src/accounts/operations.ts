import { accept, refuse, type Result } from '../lib/result.ts'
import type { Desk } from './desk.ts'
import { isEmailAddress } from './email-address.ts'
import { checkEntry, type AccountEntry } from './entry.ts'
import { insertRows, newRow } from './insert.ts'
import type {
  Added,
  Changed,
  Closed,
  EmailChanged,
  EntryRefused,
  FactorsReset,
  LoginUnknown,
  NewPassword,
  PasswordUnmet,
} from './outcomes.ts'
import type { Person } from './password-names.ts'
import { unmetPasswordRules } from './password-rules.ts'
import { writePassword } from './password-write.ts'
import { detailsOf } from './record.ts'
import { takeFactors } from './take-factors.ts'

/** The operations of AccountAdmin, one function each; what they promise is said there. */

const unmetRules = ({ password, site }: NewPassword, person: Person) => unmetPasswordRules(password, { site, person })

export const addAccount = async (
  desk: Desk,
  realm: string,
  entry: AccountEntry,
  password: NewPassword | undefined,
): Promise<Result<Added, EntryRefused | PasswordUnmet>> => {
  const checked = checkEntry(entry)
  if (!checked.ok) return refuse({ reason: 'entry-refused', problems: checked.reason })
  const rules = password === undefined ? [] : await unmetRules(password, checked.value)
  if (rules.length > 0) return refuse({ reason: 'password-unmet', rules })
  const passwordHash = password === undefined ? checked.value.passwordHash : await desk.hasher.hash(password.password)
  const now = desk.clock.now()
  const mustChange = password?.mustChange ?? false
  const row = newRow({ realm, entry: { ...checked.value, passwordHash }, now, mustChange }, desk.random)
  const inserted = await insertRows(desk.db, [row])
  if (inserted.size === 0) return refuse({ reason: 'entry-refused', problems: ['login-taken'] })
  desk.record('account.added', row)
  return accept({ account: detailsOf(row), warnings: checked.value.warnings })
}

export const disableAccount = async (
  desk: Desk,
  realm: string,
  login: string,
): Promise<Result<Closed, 'login-unknown'>> => {
  const account = await desk.find(realm, login)
  if (account === null) return refuse('login-unknown')
  // Closed by its source only: closed by somebody here, it stays so when the source opens it again.
  const isClosedHere = account.disabled && account.disabledBy === null
  if (isClosedHere) return accept({ account, changed: false, sessions: await desk.endAll(account, 'closed') })
  const disabled = await desk.change(account.id, { disabled_at: desk.clock.now(), disabled_by: null })
  desk.record('account.disabled', disabled)
  return accept({ account: disabled, changed: true, sessions: await desk.endAll(disabled, 'closed') })
}

export const enableAccount = async (
  desk: Desk,
  realm: string,
  login: string,
): Promise<Result<Changed, 'login-unknown'>> => {
  const account = await desk.find(realm, login)
  if (account === null) return refuse('login-unknown')
  if (!account.disabled) return accept({ account, changed: false })
  const enabled = await desk.change(account.id, { disabled_at: null, disabled_by: null })
  desk.record('account.enabled', enabled)
  return accept({ account: enabled, changed: true })
}

export const setPassword = async (
  desk: Desk,
  realm: string,
  login: string,
  given: NewPassword,
): Promise<Result<Closed, PasswordUnmet | LoginUnknown>> => {
  const account = await desk.find(realm, login)
  if (account === null) return refuse({ reason: 'login-unknown' })
  const rules = await unmetRules(given, account)
  if (rules.length > 0) return refuse({ reason: 'password-unmet', rules })
  const { site, mustChange } = given
  const hash = await desk.hasher.hash(given.password)
  const row = await writePassword(desk.db, {
    account: account.id,
    hash,
    mustChange,
    keep: site.password.history,
    now: desk.clock.now(),
  })
  if (row === null) return refuse({ reason: 'login-unknown' })
  const changed = detailsOf(row)
  desk.record('account.password-set', changed)
  return accept({ account: changed, changed: true, sessions: await desk.endAll(changed, 'password-changed') })
}

export const setEmail = async (
  desk: Desk,
  realm: string,
  login: string,
  email: string | null,
): Promise<Result<EmailChanged, 'login-unknown' | 'email-malformed'>> => {
  const account = await desk.find(realm, login)
  if (account === null) return refuse('login-unknown')
  if (email !== null && !isEmailAddress(email)) return refuse('email-malformed')
  const former = account.email
  if (email === former) return accept({ account, changed: false, former })
  const changed = await desk.change(account.id, { email })
  desk.record('account.email-set', changed)
  return accept({ account: changed, changed: true, former })
}

export const resetFactors = async (
  desk: Desk,
  realm: string,
  login: string,
): Promise<Result<FactorsReset, 'login-unknown'>> => {
  const account = await desk.find(realm, login)
  if (account === null) return refuse('login-unknown')
  const removed = await takeFactors(desk.db, account.id)
  if (removed.length > 0) desk.record('account.factors-reset', account)
  // Whoever found the telephone may be signed in.
  const sessions = await desk.endAll(account, 'factors-reset')
  return accept({ account, changed: removed.length > 0, sessions, removed })
}
