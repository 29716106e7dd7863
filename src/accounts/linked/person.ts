import { accept, refuse, type Result } from '../../lib/result.ts'
import { isEmailAddress } from '../email-address.ts'
import { loginKey } from '../login-key.ts'
import { isNationalId } from '../national-id.ts'
import { isPlainText } from '../plain-text.ts'

/** A person as another system tells of them, word for word: nothing of it can be relied on. */
export interface ToldPerson {
  readonly externalId: string
  readonly login: string
  readonly name?: string | undefined
  readonly givenName?: string | undefined
  readonly familyName?: string | undefined
  /** Undefined where the source holds no addresses: the gate then keeps them itself. */
  readonly email?: string | null | undefined
  readonly nationalId?: string | undefined
  /** The RPPS number alone. */
  readonly rpps?: string | undefined
  readonly roles: readonly string[]
}

/** The same as the gate may use it. */
export interface Person {
  readonly externalId: string
  readonly login: string
  readonly loginKey: string
  readonly name: string
  readonly givenName: string
  readonly familyName: string
  readonly email: string | null | undefined
  readonly nationalId: string | null
  readonly roles: readonly string[]
  /** What was said and could not be used, for the log. */
  readonly leftOut: readonly ('email' | 'national-id' | 'roles')[]
}

export type RoleMap = Readonly<Record<string, string>> | undefined

const NAME_LIMIT = 100
const ROLES_LIMIT = 32
const ROLE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const EXTERNAL_ID_LIMIT = 256

/** Control and format characters, line ends and strange blanks become one blank each: a name is shown, and is a header (H-15). */
const nameOf = (text = ''): string => {
  const plain = text
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
  return Array.from(plain).slice(0, NAME_LIMIT).join('')
}

/** Names of groups are compared as directories do: without regard to case, and to blanks around commas. */
const roleKey = (text: string): string =>
  text
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/\s*([,=])\s*/g, '$1')
    .trim()

const rolesOf = (told: readonly string[], map: RoleMap): string[] => {
  const meant = map === undefined ? undefined : new Map(Object.entries(map).map(([key, role]) => [roleKey(key), role]))
  const roles = told.flatMap((value) => (meant === undefined ? [value.trim()] : (meant.get(roleKey(value)) ?? [])))
  return [...new Set(roles.filter((role) => ROLE.test(role)))]
}

const nationalIdOf = ({ nationalId = '', rpps = '' }: ToldPerson): string | null => {
  const told = nationalId.trim() || (rpps.trim() === '' ? '' : `8${rpps.trim()}`)
  return isNationalId(told) ? told : null
}

/**
 * Reads what another system says. A login that cannot be one makes the person nobody: it is how the application knows
 * them. Everything else that cannot be used is left out, so that a damaged address keeps nobody from another way in.
 */
export const readPerson = (told: ToldPerson, map: RoleMap): Result<Person, 'unreadable'> => {
  const login = told.login.normalize('NFC').trim()
  const key = isPlainText(login) ? loginKey(login) : refuse('login-malformed' as const)
  const isId = told.externalId !== '' && told.externalId.length <= EXTERNAL_ID_LIMIT && isPlainText(told.externalId)
  if (!key.ok || !isId) return refuse('unreadable')
  const email = told.email?.trim() ?? null
  const isUsable = email !== null && isEmailAddress(email)
  const roles = rolesOf(told.roles, map)
  const nationalId = nationalIdOf(told)
  const givenName = nameOf(told.givenName)
  const familyName = nameOf(told.familyName)
  const isRoleLost = roles.length > ROLES_LIMIT || (map === undefined && roles.length < new Set(told.roles).size)
  return accept({
    externalId: told.externalId,
    login,
    loginKey: key.value,
    name: nameOf(told.name) || nameOf(`${givenName} ${familyName}`) || nameOf(login),
    givenName,
    familyName,
    email: told.email === undefined ? undefined : isUsable ? email : null,
    nationalId,
    roles: roles.slice(0, ROLES_LIMIT),
    leftOut: [
      ...(isUsable || email === null || email === '' ? [] : (['email'] as const)),
      ...(nationalId !== null || !(told.nationalId || told.rpps) ? [] : (['national-id'] as const)),
      ...(isRoleLost ? (['roles'] as const) : []),
    ],
  })
}
