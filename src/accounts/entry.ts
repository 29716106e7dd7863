import { accept, refuse, type Result } from '../lib/result.ts'
import { isEmailAddress } from './email-address.ts'
import { loginKey, type LoginProblem } from './login-key.ts'
import { hasWrongRppsKey, isNationalId } from './national-id.ts'
import { isPasswordHash } from './password-hash.ts'
import { characterCount, isPlainText } from './plain-text.ts'

/** An account as somebody writes it down: on a command line, in a file. Empty means absent. */
export interface AccountEntry {
  readonly login: string
  readonly givenName: string
  readonly familyName: string
  /** As shown to people; given and family name when absent. */
  readonly name?: string
  readonly email?: string
  readonly nationalId?: string
  readonly roles?: readonly string[]
  /** A hash made by this or another instance; for a password in clear see AccountAdmin. */
  readonly passwordHash?: string
}

export interface CheckedEntry {
  readonly login: string
  readonly loginKey: string
  readonly givenName: string
  readonly familyName: string
  readonly name: string
  readonly email: string | null
  readonly nationalId: string | null
  readonly roles: readonly string[]
  readonly passwordHash: string | null
  readonly warnings: readonly EntryWarning[]
}

export type EntryProblem =
  | LoginProblem
  | `${'given-name' | 'family-name'}-${'missing' | 'malformed'}`
  | 'name-malformed'
  | 'email-malformed'
  | 'national-id-malformed'
  | 'role-malformed'
  | 'roles-too-many'
  | 'password-hash-malformed'

/** Accepted all the same, and worth a look. */
export type EntryWarning = 'rpps-key-wrong' | 'email-missing'

const ROLE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const ROLES_LIMIT = 32
const NAME_LIMIT = 100

const clean = (text = ''): string => text.normalize('NFC').trim()
const isName = (text: string): boolean => isPlainText(text) && characterCount(text) <= NAME_LIMIT

const nameProblems = (field: 'given-name' | 'family-name', text: string): EntryProblem[] => {
  if (text === '') return [`${field}-missing`]
  return isName(text) ? [] : [`${field}-malformed`]
}

const roleProblems = (roles: readonly string[]): EntryProblem[] => [
  ...(roles.every((role) => ROLE.test(role)) ? [] : (['role-malformed'] as const)),
  ...(roles.length <= ROLES_LIMIT ? [] : (['roles-too-many'] as const)),
]

const orNull = (text: string): string | null => (text === '' ? null : text)

/** Everything that is wrong with an entry, or the entry as it will be stored: trimmed, composed (NFC), without doubles. */
export const checkEntry = (entry: AccountEntry): Result<CheckedEntry, readonly EntryProblem[]> => {
  const login = clean(entry.login)
  const key = isPlainText(login) ? loginKey(login) : refuse('login-malformed' as const)
  const givenName = clean(entry.givenName)
  const familyName = clean(entry.familyName)
  const name = clean(entry.name)
  const email = clean(entry.email)
  const nationalId = clean(entry.nationalId)
  const passwordHash = clean(entry.passwordHash)
  const roles = [...new Set((entry.roles ?? []).map(clean).filter((role) => role !== ''))]
  const problems: EntryProblem[] = [
    ...(key.ok ? [] : [key.reason]),
    ...nameProblems('given-name', givenName),
    ...nameProblems('family-name', familyName),
    ...(isName(name) ? [] : (['name-malformed'] as const)),
    ...(email === '' || isEmailAddress(email) ? [] : (['email-malformed'] as const)),
    ...(nationalId === '' || isNationalId(nationalId) ? [] : (['national-id-malformed'] as const)),
    ...roleProblems(roles),
    ...(passwordHash === '' || isPasswordHash(passwordHash) ? [] : (['password-hash-malformed'] as const)),
  ]
  if (!key.ok || problems.length > 0) return refuse(problems)
  return accept({
    login,
    loginKey: key.value,
    givenName,
    familyName,
    name: name || `${givenName} ${familyName}`,
    email: orNull(email),
    nationalId: orNull(nationalId),
    roles,
    passwordHash: orNull(passwordHash),
    warnings: [
      ...(hasWrongRppsKey(nationalId) ? (['rpps-key-wrong'] as const) : []),
      ...(email === '' ? (['email-missing'] as const) : []),
    ],
  })
}
