import type { LookedUp } from '../accounts/linked/source.ts'
import { passwordEnd } from '../accounts/password-obligation.ts'
import type { PasswordPolicy } from '../accounts/password-rules.ts'
import type { AccountDetails } from '../accounts/record.ts'
import { table } from './table.ts'

const day = (time: number): string => new Date(time).toISOString().slice(0, 10)
const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString())

const stateOf = ({ disabledAt, disabledBy, passwordSetAt, source }: AccountDetails): string => {
  if (disabledAt !== null && disabledBy === 'source')
    return `closed in ${source ?? 'its source'} since ${day(disabledAt)}`
  if (disabledAt !== null) return `disabled since ${day(disabledAt)}`
  if (source !== null) return 'open'
  return passwordSetAt === null ? 'no password' : 'open'
}

const orDash = (text: string | null): string => (text === null || text === '' ? '-' : text)

/** Accounts as a person reads them, one a line. */
export const accountTable = (accounts: readonly AccountDetails[]): string[] =>
  table([
    ['LOGIN', 'NAME', 'E-MAIL', 'ROLES', 'STATE'],
    ...accounts.map((account) => [
      ...[account.login, account.name, orDash(account.email)],
      ...[orDash(account.roles.join(' ')), stateOf(account)],
    ]),
  ])

/** Until when the password may be used. */
const validityOf = (account: AccountDetails, policy: Pick<PasswordPolicy, 'expires'>): string => {
  if (account.passwordSetAt === null) return '-'
  if (account.passwordMustChange) return 'to be changed at the next sign-in'
  return iso(passwordEnd(account, policy)) ?? 'does not expire'
}

/** One account as a person reads it. */
export const accountSheet = (account: AccountDetails, policy: Pick<PasswordPolicy, 'expires'>): string[] =>
  table([
    ['Login', account.login],
    ['Name', account.name],
    ['Given name', account.givenName],
    ['Family name', account.familyName],
    ['E-mail', orDash(account.email)],
    ['National identifier', orDash(account.nationalId)],
    ['Roles', orDash(account.roles.join(' '))],
    ['State', stateOf(account)],
    ...(account.source === null
      ? []
      : [
          ['Lives in', account.source],
          ['Last let in', orDash(iso(account.provedAt))],
        ]),
    ['Password set', orDash(iso(account.passwordSetAt))],
    ['Password valid until', validityOf(account, policy)],
    ['Added', orDash(iso(account.createdAt))],
    ['Changed', orDash(iso(account.updatedAt))],
    ['Identifier', account.id],
  ])

/** Somebody as a directory or table tells of them, before or beside the row at the gate. */
export const lookedUpSheet = (source: string, { person, isOpen, hash }: LookedUp): string[] =>
  table([
    ['Login', person.login],
    ['Name', person.name],
    ['E-mail', orDash(person.email ?? null)],
    ['National identifier', orDash(person.nationalId)],
    ['Roles', orDash(person.roles.join(' '))],
    [`State in ${source}`, isOpen ? 'open' : 'closed'],
    ...(hash === null ? [] : [['Password there', hash]]),
    ...(person.leftOut.length === 0 ? [] : [['Cannot be used', person.leftOut.join(' ')]]),
  ])

/** An account as other programs read it: times in ISO 8601. */
export const accountAsJson = ({ realm: _realm, disabled: _disabled, ...account }: AccountDetails) => ({
  ...account,
  passwordSetAt: iso(account.passwordSetAt),
  disabledAt: iso(account.disabledAt),
  createdAt: iso(account.createdAt),
  updatedAt: iso(account.updatedAt),
  provedAt: iso(account.provedAt),
})
