import type { Database } from '../database/open.ts'
import type { Result } from '../lib/result.ts'
import { createDesk, type AccountAdminParts } from './desk.ts'
import type { AccountEntry } from './entry.ts'
import type { ImportFault } from './import-file.ts'
import { importAccounts, type Imported, type ImportOptions } from './import.ts'
import { linkNumber, unlinkNumber, type NumberRefusal } from './link-number.ts'
import { addAccount, disableAccount, enableAccount, resetFactors, setEmail, setPassword } from './operations.ts'
import type {
  Added,
  Changed,
  Closed,
  EmailChanged,
  EntryRefused,
  FactorsReset,
  LoginUnknown,
  NewPassword,
  NumberUnlinked,
  PasswordUnmet,
} from './outcomes.ts'
import type { AccountDetails } from './record.ts'
import { byName, matches } from './search.ts'

/** How accounts are looked after. Every change is in the audit trail; every refusal is a value; no hash ever comes out. */
export interface AccountAdmin {
  add(realm: string, entry: AccountEntry, password?: NewPassword): Promise<Result<Added, EntryRefused | PasswordUnmet>>
  /** By name; `search` is looked for in login, name, e-mail and national identifier, without regard to case or accents. */
  list(realm: string, search?: string): Promise<readonly AccountDetails[]>
  show(realm: string, login: string): Promise<AccountDetails | null>
  /** Closes the account and ends its sessions (S-08). Asked again, it ends sessions again. */
  disable(realm: string, login: string): Promise<Result<Closed, 'login-unknown'>>
  enable(realm: string, login: string): Promise<Result<Changed, 'login-unknown'>>
  /** Sets a new password and ends the sessions that the old one opened (S-08). */
  setPassword(
    realm: string,
    login: string,
    password: NewPassword,
  ): Promise<Result<Closed, PasswordUnmet | LoginUnknown>>
  setEmail(
    realm: string,
    login: string,
    email: string | null,
  ): Promise<Result<EmailChanged, 'login-unknown' | 'email-malformed'>>
  /**
   * Takes away everything that the person enrolled themselves, for a telephone that is lost, and ends their sessions. What
   * is left is what the network registered: they sign in by it and enrol anew.
   */
  resetFactors(realm: string, login: string): Promise<Result<FactorsReset, 'login-unknown'>>
  /** Registers a national identifier: a card, Pro Santé Connect or a call then leads to this account. */
  linkNumber(realm: string, login: string, nationalId: string): Promise<Result<Changed, NumberRefusal>>
  /** Takes it away, with what the person linked, and ends their sessions. */
  unlinkNumber(realm: string, login: string): Promise<Result<NumberUnlinked, 'login-unknown'>>
  importCsv(realm: string, text: string, options: ImportOptions): Promise<Result<Imported, readonly ImportFault[]>>
}

export const createAccountAdmin = ({ db }: Pick<Database, 'db'>, parts: AccountAdminParts): AccountAdmin => {
  const desk = createDesk(db, parts)
  const { clock, random } = parts
  return {
    add: (realm, entry, password) => addAccount(desk, realm, entry, password),
    list: async (realm, search = '') => {
      const accounts = await desk.all(realm)
      return accounts.filter((account) => matches(account, search)).sort(byName)
    },
    show: (realm, login) => desk.find(realm, login),
    disable: (realm, login) => disableAccount(desk, realm, login),
    enable: (realm, login) => enableAccount(desk, realm, login),
    setPassword: (realm, login, password) => setPassword(desk, realm, login, password),
    setEmail: (realm, login, email) => setEmail(desk, realm, login, email),
    resetFactors: (realm, login) => resetFactors(desk, realm, login),
    linkNumber: (realm, login, nationalId) => linkNumber(desk, realm, login, nationalId),
    unlinkNumber: (realm, login) => unlinkNumber(desk, realm, login),
    importCsv: (realm, text, options) =>
      importAccounts(db, { realm, text, clock, random, ...options }, (row) => desk.record('account.added', row)),
  }
}
